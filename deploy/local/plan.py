"""What a local run consists of, as values: every process with its command and environment."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from deploy.local.ports import LOOPBACK
from deploy.local.processes import ProcessSpec
from deploy.local.ways import read_ways
from deploy.secret_values import SERVICES, signing_secret
from deploy.variables import DEFAULT_ADMIN, DEFAULT_API_PORT, ROOT

DEFAULT_SENDERS = 2
DEFAULT_SCHEDULERS = 1
RECEIPTS = "/api/v1/receipts/simulator"
VHOST = "carillon"
USER = "carillon"

# On a full machine people who ask come first, then the books; what is sent can wait a moment.
NICENESS = {"sender": 19, "scheduler": 10}

SERVER_PORTS = ("postgres", "amqp", "management", "prometheus", "distribution", "epmd")


@dataclass(frozen=True)
class Unit:
    """One process of ours, and where it answers."""

    spec: ProcessSpec
    port: int

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"


class Plan:
    """Everything that follows from the variables and the ports."""

    def __init__(self, variables: Mapping[str, str], ports: Mapping[str, int]) -> None:
        self._variables = variables
        self._ports = ports
        self._ways = read_ways(variables.get("CARILLON_WAYS", ""))
        self._shared = self._shared_settings(ports)

    @property
    def simulated(self) -> bool:
        """Whether the simulator stands in for the provider."""
        return not self._variables.get("SENDER_PROVIDER_URL")

    @property
    def admin_login(self) -> tuple[str, str]:
        return self._shared["API_ADMIN_EMAIL"], self._shared["API_ADMIN_PASSWORD"]

    def units(self) -> list[Unit]:
        """The processes in the order of their start; they stop in the opposite order."""
        services = [
            self._service("stats", "stats"),
            *(
                self._service("scheduler", name, {"SCHEDULER_NODE": str(node)})
                for node, name in enumerate(scheduler_names(self._variables))
            ),
            self._service("api", "api"),
            *(
                self._service("sender", f"sender-{n + 1}", {"SENDER_NODE": str(n + 1)})
                for n in range(sender_count(self._variables))
            ),
        ]
        return [self._simulator(), *services] if self.simulated else services

    def migrations(self) -> list[ProcessSpec]:
        """One step per service: bring its own database to the newest schema."""
        return [
            ProcessSpec(
                name=f"migrate-{service}",
                command=[sys.executable, "-m", f"services.{service}", "migrate", "up"],
                environment=self._environment(service, self._shared),
                cwd=ROOT,
            )
            for service in SERVICES
        ]

    def rebuild(self) -> list[ProcessSpec]:
        """The step that makes anew what the scheduler knows."""
        return [self.step("scheduler", "rebuild")]

    def retell(self) -> list[ProcessSpec]:
        """The steps that make the books of stats anew, in this order."""
        return [self.step("scheduler", "retell"), self.step("sender", "retell")]

    def step(self, service: str, *command: str, restored: bool = False) -> ProcessSpec:
        """One command of a service; ``restored``: on the database beside its own."""
        environment = self._environment(service, self._shared)
        if restored:
            environment[f"{service.upper()}_DATABASE_URL"] += "_restored"
        return ProcessSpec(
            name="-".join((*command, service)),
            command=[sys.executable, "-m", f"services.{service}", *command],
            environment=environment,
            cwd=ROOT,
        )

    def topology(self) -> ProcessSpec:
        """The step that applies the topology, with the administrator's rights."""
        password = quote(self._variables["RABBITMQ_ADMIN_PASSWORD"], safe="")
        management = f"http://admin:{password}@{LOOPBACK}:{self._ports['management']}"
        return ProcessSpec(
            name="topology",
            command=[sys.executable, "-m", "shared.runtime.topology"],
            environment={
                **self._environment("sender", self._shared),
                "RABBITMQ_MANAGEMENT_URL": management,
            },
            cwd=ROOT,
        )

    def _service(self, service: str, name: str, own: Mapping[str, str] | None = None) -> Unit:
        port = self._ports[name]
        environment = {
            f"{service.upper()}_HOST": LOOPBACK,  # unless a person wants to be reached
            **self._environment(service, self._shared_settings(self._reached_by(name))),
            f"{service.upper()}_PORT": str(port),
            **(own or {}),
        }
        command = [sys.executable, "-m", f"services.{service}"]
        spec = ProcessSpec(
            name,
            command,
            environment,
            stop_limit=30.0,
            cwd=ROOT,
            niceness=NICENESS.get(service, 0),
        )
        return Unit(spec, port)

    def _simulator(self) -> Unit:
        port = self._ports["simulator"]
        environment = {
            **_plain(self._variables),
            "SIMULATOR_PORT": str(port),
            "SIMULATOR_TOKEN": self._variables["SENDER_PROVIDER_TOKEN"],
            "SIMULATOR_RECEIPTS": self._variables.get("SIMULATOR_RECEIPTS", "false"),
            "SIMULATOR_RECEIPTS_URL": f"http://{LOOPBACK}:{self._ports['api']}{RECEIPTS}",
            "SIMULATOR_RECEIPTS_SECRET": self._receipts_secret,
        }
        command = [sys.executable, "-m", "deploy.simulator"]
        return Unit(ProcessSpec("simulator", command, environment, cwd=ROOT), port)

    @property
    def _receipts_secret(self) -> str:
        return signing_secret(self._variables["SIMULATOR_RECEIPTS_SECRET"])

    def _reached_by(self, name: str) -> dict[str, int]:
        """The ports as this process is told them: the servers' own, where no way leads there."""
        own = {server: port for (process, server), port in self._ways.items() if process == name}
        return {**self._ports, **own}

    def _environment(self, service: str, settings: Mapping[str, str]) -> dict[str, str]:
        """What one service may know: what all share, and what carries its own prefix."""
        return {
            **_plain(self._variables),
            **{
                name: value
                for name, value in settings.items()
                if name.startswith(("RABBITMQ_", "SERVICE_", f"{service.upper()}_"))
            },
        }

    def _shared_settings(self, ports: Mapping[str, int]) -> dict[str, str]:
        variables = self._variables
        rabbitmq = quote(variables["RABBITMQ_PASSWORD"], safe="")
        defaults = {"API_ADMIN_EMAIL": DEFAULT_ADMIN}
        given = {
            name: value
            for name, value in variables.items()
            if name.startswith(tuple(f"{service.upper()}_" for service in SERVICES))
            and not name.endswith("_DATABASE_PASSWORD")
        }
        fixed = {
            "RABBITMQ_URL": f"amqp://{USER}:{rabbitmq}@{LOOPBACK}:{ports['amqp']}/{VHOST}",
            "SERVICE_TOKEN": variables["SERVICE_TOKEN"],
            "API_STATS_URL": f"http://{LOOPBACK}:{ports['stats']}",
            # Any replica answers, not only the one that leads.
            "API_SCHEDULER_URL": f"http://{LOOPBACK}:{ports[scheduler_names(variables)[0]]}",
            "SCHEDULER_API_URL": f"http://{LOOPBACK}:{ports['api']}",
            "SENDER_API_URL": f"http://{LOOPBACK}:{ports['api']}",
            "SCHEDULER_SENDER_URL": f"http://{LOOPBACK}:{ports.get('sender-1', 0)}",
            **{
                f"{one.upper()}_DATABASE_URL": self._database(one, ports["postgres"])
                for one in SERVICES
            },
        }
        if self.simulated:
            fixed["SENDER_PROVIDER_URL"] = f"http://{LOOPBACK}:{ports['simulator']}"
            others = given.get("API_RECEIPT_SECRETS", "").split(",")
            secrets = (*filter(None, others), f"simulator={self._receipts_secret}")
            fixed["API_RECEIPT_SECRETS"] = ",".join(secrets)
        return defaults | given | fixed

    def _database(self, service: str, port: int) -> str:
        password = quote(self._variables[f"{service.upper()}_DATABASE_PASSWORD"], safe="")
        name = f"carillon_{service}"
        return f"postgresql+asyncpg://{name}:{password}@{LOOPBACK}:{port}/{name}"


def sender_count(variables: Mapping[str, str]) -> int:
    return int(variables.get("SENDER_REPLICAS", DEFAULT_SENDERS))


def scheduler_names(variables: Mapping[str, str]) -> list[str]:
    """One leads, the others stand by; a single one needs no number."""
    count = int(variables.get("SCHEDULER_REPLICAS", DEFAULT_SCHEDULERS))
    return ["scheduler"] if count == 1 else [f"scheduler-{n + 1}" for n in range(count)]


def port_names(variables: Mapping[str, str]) -> list[str]:
    """What needs a port chosen for it; the api's is given."""
    senders = [f"sender-{n + 1}" for n in range(sender_count(variables))]
    return [*SERVER_PORTS, *scheduler_names(variables), "stats", "simulator", *senders]


def fixed_ports(variables: Mapping[str, str]) -> dict[str, int]:
    """The ports that people rely on: the api's, and the simulator's when it was given."""
    ports = {"api": int(variables.get("API_PORT", DEFAULT_API_PORT))}
    if variables.get("SIMULATOR_PORT"):
        ports["simulator"] = int(variables["SIMULATOR_PORT"])
    return ports


def _plain(variables: Mapping[str, str]) -> dict[str, str]:
    """What belongs to no service and is no secret: PATH, proxies, LOG_LEVEL."""
    prefixes = tuple(f"{service.upper()}_" for service in SERVICES)
    own = ("RABBITMQ_", "POSTGRES_", "SIMULATOR_", "SERVICE_TOKEN", "CARILLON_", *prefixes)
    kept = {name: value for name, value in variables.items() if not name.startswith(own)}
    return {**kept, "PYTHONUNBUFFERED": "1"}
