"""``celery -A celery_app worker``."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

app = Celery("baseline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["mailings"])


@worker_ready.connect
def say_so(**_):
    """Beside the log, which would tell of every task as well."""
    print("The worker is ready.", flush=True)
