"""Test servers in containers, from images that are already here (nothing is pulled)."""

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.support.servers import PostgresForTests, RabbitMQForTests

if TYPE_CHECKING:
    from testcontainers.core.waiting_utils import WaitStrategy

POSTGRES_IMAGE = "postgres:17"
RABBITMQ_IMAGE = "rabbitmq:4-management"
OWNER = "carillon.test-session"  # the label that names the pid of the session


def can_use_docker() -> bool:
    """Whether an engine answers and holds both images."""
    return _docker("image", "inspect", POSTGRES_IMAGE, RABBITMQ_IMAGE) is not None


@contextmanager
def docker_postgres() -> Iterator[PostgresForTests]:
    from testcontainers.core.wait_strategies import ExecWaitStrategy

    password = secrets.token_urlsafe(16)
    # Over TCP: while the image initialises, its server takes sessions on the socket only.
    ready = ExecWaitStrategy(["pg_isready", "-q", "-h", "127.0.0.1"])
    variables = {"POSTGRES_PASSWORD": password}
    with _container(POSTGRES_IMAGE, variables, [5432], ready) as at:
        yield PostgresForTests(f"postgresql://postgres:{password}@{at[5432]}/postgres")


@contextmanager
def docker_rabbitmq() -> Iterator[RabbitMQForTests]:
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    password = secrets.token_urlsafe(16)
    ready = LogMessageWaitStrategy("Server startup complete")
    variables = {"RABBITMQ_DEFAULT_USER": "admin", "RABBITMQ_DEFAULT_PASS": password}
    with _container(RABBITMQ_IMAGE, variables, [5672, 15672], ready) as at:
        yield RabbitMQForTests(
            f"amqp://admin:{password}@{at[5672]}/", f"http://admin:{password}@{at[15672]}"
        )


@contextmanager
def _container(
    image: str, variables: Mapping[str, str], ports: list[int], ready: "WaitStrategy"
) -> Iterator[dict[int, str]]:
    """Run a container and yield `host:port` for each of its ports."""
    # The reaper is one more image to pull; a session that was killed is cleaned up by the next.
    os.environ["TESTCONTAINERS_RYUK_DISABLED"] = "true"
    from testcontainers.core.container import DockerContainer

    _remove_orphans()
    container = (
        DockerContainer(image)
        .with_envs(**variables)
        .with_exposed_ports(*ports)
        .with_kwargs(labels={OWNER: str(os.getpid())})
        .waiting_for(ready.with_startup_timeout(120))
    )
    with container:
        host = container.get_container_host_ip()
        yield {port: f"{host}:{container.get_exposed_port(port)}" for port in ports}


def _remove_orphans() -> None:
    """Remove the containers of sessions that no longer run."""
    listing = _docker("ps", "-a", "--filter", f"label={OWNER}", "--format", _ID_AND_OWNER) or ""
    for line in listing.splitlines():
        container, owner = line.split()
        if not os.path.exists(f"/proc/{owner}"):
            _docker("rm", "--force", "--volumes", container)


_ID_AND_OWNER = '{{.ID}} {{.Label "' + OWNER + '"}}'


def _docker(*arguments: str) -> str | None:
    """What the docker command printed, or None when it failed or there is no docker."""
    if shutil.which("docker") is None:
        return None
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else None
