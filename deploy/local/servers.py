"""The two private servers together, as tests and the local run use them."""

from dataclasses import dataclass
from pathlib import Path

from deploy.local import packages
from deploy.local.ports import free_ports
from deploy.local.postgres import LocalPostgres
from deploy.local.rabbitmq import LocalRabbitMQ, RabbitPorts


@dataclass(frozen=True)
class ServerFolders:
    """Where the servers of one run keep their data and their pid files."""

    home: Path

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def rabbitmq(self) -> Path:
        return self.home / "rabbitmq"


def passing_postgres(home: Path, password: str) -> LocalPostgres:
    """A PostgreSQL that lives no longer than the process that starts it, on a free port."""
    packages.ensure_servers_installed()
    folders = ServerFolders(home)
    return LocalPostgres(
        folders.postgres, folders.run, free_ports(1)[0], password, dies_with_parent=True
    )


def passing_rabbitmq(home: Path, password: str) -> LocalRabbitMQ:
    """A RabbitMQ that lives no longer than the process that starts it, on free ports."""
    packages.ensure_servers_installed()
    folders = ServerFolders(home)
    return LocalRabbitMQ(
        folders.rabbitmq, folders.run, RabbitPorts.free(), password, dies_with_parent=True
    )
