"""The command line: ``carillon``."""
