"""Brings a run up: servers, databases, migrations, topology, services, each when it can.

RabbitMQ takes longest to start, so the databases are made and migrated meanwhile.
"""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local.health import http_status
from deploy.local.plan import Plan, Unit
from deploy.local.postgres import LocalPostgres
from deploy.local.processes import ManagedProcess, ProcessSpec
from deploy.local.rabbitmq import LocalRabbitMQ, RabbitPorts
from deploy.local.servers import ServerFolders
from deploy.local.waiting import wait_until
from deploy.secret_values import SERVICES

SERVICE_START_LIMIT = 90.0  # seconds; on a busy small machine imports alone take ten
SQL = Path(__file__).parents[1] / "postgres" / "service_database.sql"


class StepFailedError(Exception):
    """A step of the start failed; the message names its log."""


class Startup:
    """One start of one run. Its processes are listed as soon as they begin."""

    def __init__(
        self,
        folders: ServerFolders,
        variables: Mapping[str, str],
        ports: Mapping[str, int],
        say: Callable[[str], None],
    ) -> None:
        self._variables = variables
        self._say = say
        self.run_dir = folders.run
        self.plan = Plan(variables, ports)
        self.postgres = LocalPostgres(
            folders.postgres, folders.run, ports["postgres"], variables["POSTGRES_PASSWORD"]
        )
        own = RabbitPorts(
            ports["amqp"],
            ports["management"],
            ports["prometheus"],
            ports["distribution"],
            ports["epmd"],
        )
        self.rabbitmq = LocalRabbitMQ(
            folders.rabbitmq, folders.run, own, variables["RABBITMQ_ADMIN_PASSWORD"]
        )
        self.units = [(unit, ManagedProcess(unit.spec, folders.run)) for unit in self.plan.units()]

    def processes(self) -> list[ManagedProcess]:
        """All processes, in the order of their start."""
        # The name server's place is before the node, which cannot start without it.
        servers = [self.postgres.process, self.rabbitmq.epmd, self.rabbitmq.process]
        return [*servers, *(process for _, process in self.units)]

    def run(self) -> None:
        """Start everything; returns when all are healthy. Raises StepFailedError and others."""
        self._say("Starting PostgreSQL and RabbitMQ.")
        self.rabbitmq.begin()
        self.postgres.start()
        self._say("Making the databases.")
        for service in SERVICES:
            self._make_database(service)
        self._run_steps(self.plan.migrations())
        self._say("Waiting for RabbitMQ.")
        self.rabbitmq.wait_ready()
        self._run_steps([self.plan.topology()])
        self._say("Starting the services.")
        for _, process in self.units:
            process.start()
        for unit, process in self.units:
            self._wait_healthy(unit, process)

    def _make_database(self, service: str) -> None:
        password = self._variables[f"{service.upper()}_DATABASE_PASSWORD"]
        done = self.postgres.psql(SQL, {"service": service}, {"SERVICE_PASSWORD": password})
        if done.returncode != 0:
            raise StepFailedError(f"The database of {service} was not made: {done.stderr.strip()}")

    def _run_steps(self, steps: list[ProcessSpec]) -> None:
        """Run one-shot steps side by side and wait for all of them."""
        running = [(step, self._begin_step(step)) for step in steps]
        failed = [step.name for step, process in running if process.wait() != 0]
        if failed:
            raise StepFailedError(
                "; ".join(f"{name} failed: see {self.run_dir / name}.log" for name in failed)
            )

    def _begin_step(self, step: ProcessSpec) -> subprocess.Popen[bytes]:
        with (self.run_dir / f"{step.name}.log").open("wb") as log:
            return subprocess.Popen(
                step.command,
                env=step.environment,
                cwd=step.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _wait_healthy(self, unit: Unit, process: ManagedProcess) -> None:
        def healthy() -> bool:
            return http_status(unit.port, "/health/ready") == 200

        name = unit.spec.name
        wait_until(lambda: healthy() or process.pid is None, SERVICE_START_LIMIT, pause=0.1)
        if not healthy():
            raise StepFailedError(f"{name} did not become healthy: see {process.log_file}")
