"""REST. Each domain has two files: ``<domain>.py`` its routes, ``<domain>_models.py`` its JSON."""
