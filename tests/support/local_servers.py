"""Test servers as private processes, gone with the test session even if that is killed."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.servers import passing_postgres, passing_rabbitmq
from tests.support.servers import PostgresForTests, RabbitMQForTests


@contextmanager
def local_postgres() -> Iterator[PostgresForTests]:
    with _home() as home:
        server = passing_postgres(home, secrets.token_urlsafe(16))
        server.start()
        try:
            yield PostgresForTests(server.admin_url)
        finally:
            server.stop()
            server.remove()


@contextmanager
def local_rabbitmq() -> Iterator[RabbitMQForTests]:
    with _home() as home:
        server = passing_rabbitmq(home, secrets.token_urlsafe(16))
        server.start()
        try:
            yield RabbitMQForTests(server.amqp_url, server.management_url)
        finally:
            # Nothing of it is wanted again, so it need not close its queues first.
            server.process.kill()
            server.stop()


@contextmanager
def _home() -> Iterator[Path]:
    # Not pytest's folder: keeping the data of the last three runs would fill the disk.
    home = Path(tempfile.mkdtemp(prefix="carillon-test-"))
    home.chmod(0o711)  # the user PostgreSQL runs as must get through, to its own folder
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
