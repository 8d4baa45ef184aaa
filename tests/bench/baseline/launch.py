"""``python launch.py CLIENTS``: makes tables and clients, launches a mailing to all of them, and
returns when every message is sent. Prints when it launched and when it was done (Unix seconds)."""

import os
import sys
import time
from datetime import timedelta

import celery_app  # noqa: F401 - tasks are sent through it
import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from mailings.models import Client, Mailing, Message  # noqa: E402
from mailings.tasks import start_mailing  # noqa: E402

AT_ONCE = 5_000
LOOK_EVERY = 0.2


def main(count):
    call_command("migrate", run_syncdb=True, verbosity=0)
    for start in range(0, count, AT_ONCE):
        Client.objects.bulk_create(
            Client(phone=79_000_000_000 + n, operator_code="900", tag="all", timezone="UTC")
            for n in range(start, min(count, start + AT_ONCE))
        )
    now = timezone.now()
    mailing = Mailing.objects.create(
        text="The bells ring", tag="all", starts_at=now, ends_at=now + timedelta(hours=2)
    )
    launched = time.time()
    start_mailing.delay(mailing.id)
    while Message.objects.filter(mailing=mailing, status="sent").count() < count:
        time.sleep(LOOK_EVERY)
    print(launched, time.time(), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
