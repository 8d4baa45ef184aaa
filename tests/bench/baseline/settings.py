"""Django's settings, from the environment."""

import os

SECRET_KEY = "of-no-use-here"
INSTALLED_APPS = ["mailings"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ["BASELINE_DATABASE"],
        "USER": os.environ["BASELINE_USER"],
        "PASSWORD": os.environ["BASELINE_PASSWORD"],
        "HOST": "127.0.0.1",
        "PORT": os.environ["BASELINE_POSTGRES_PORT"],
        "CONN_MAX_AGE": 600,
    }
}
CELERY_BROKER_URL = f"redis://127.0.0.1:{os.environ['BASELINE_REDIS_PORT']}/0"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
PROVIDER_URL = os.environ["BASELINE_PROVIDER_URL"]
PROVIDER_TOKEN = "of-no-use-here"
