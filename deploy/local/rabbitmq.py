"""A private RabbitMQ: its own node name, cookie, data and ports, the loopback interface only."""

import http.client
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.local import packages
from deploy.local.health import http_status
from deploy.local.ports import LOOPBACK, answers, free_ports
from deploy.local.processes import ManagedProcess, ProcessSpec
from deploy.local.waiting import ServerDidNotStartError, wait_until

ADMIN = "admin"
SETTINGS = Path(__file__).parents[1] / "rabbitmq"

# Erlang's schedulers spin while they wait for work; on a small machine everybody else pays.
QUIET_ERLANG = "+sbwt none +sbwtdcpu none +sbwtdio none"
LOOPBACK_DISTRIBUTION = "-kernel inet_dist_use_interface {127,0,0,1}"


@dataclass(frozen=True)
class RabbitPorts:
    """Every port that a node listens on."""

    amqp: int
    management: int
    prometheus: int
    distribution: int
    epmd: int

    @classmethod
    def free(cls) -> "RabbitPorts":
        return cls(*free_ports(5))


class LocalRabbitMQ:
    """RabbitMQ with its data in `folder`; its processes are recorded in `run_dir`.

    Two processes: the node, and epmd, Erlang's name server, without which no node starts. A
    node would start one of its own, which outlives it, so we start it and know its pid.
    """

    def __init__(
        self,
        folder: Path,
        run_dir: Path,
        ports: RabbitPorts,
        password: str,
        *,
        dies_with_parent: bool = False,
    ) -> None:
        self.folder = folder
        self.ports = ports
        self.password = password
        environment = self._environment()
        self.epmd = ManagedProcess(
            ProcessSpec(
                name="epmd",
                command=["epmd", "-port", str(ports.epmd), "-address", LOOPBACK],
                environment=environment,
                dies_with_parent=dies_with_parent,
            ),
            run_dir,
        )
        self.process = ManagedProcess(
            ProcessSpec(
                name="rabbitmq",
                command=[str(packages.rabbitmq_bin() / "rabbitmq-server")],
                environment=environment,
                cwd=folder,  # where it leaves a dump if it crashes
                stop_limit=30.0,  # queues are closed one by one
                dies_with_parent=dies_with_parent,
            ),
            run_dir,
        )

    @property
    def amqp_url(self) -> str:
        return f"amqp://{ADMIN}:{quote(self.password)}@{LOOPBACK}:{self.ports.amqp}/"

    @property
    def management_url(self) -> str:
        return f"http://{ADMIN}:{quote(self.password)}@{LOOPBACK}:{self.ports.management}"

    def start(self) -> None:
        """Start both processes and wait until the node answers."""
        self.begin()
        self.wait_ready()

    def begin(self) -> None:
        """Start both processes and do not wait: the node takes ten seconds."""
        self._configure()
        self.start_epmd()
        self.process.start()

    def start_epmd(self) -> None:
        """A node started without epmd starts one itself, which then keeps the port: leave it."""
        if self.epmd.pid is None and not answers(self.ports.epmd):
            self.epmd.start()
            wait_until(lambda: answers(self.ports.epmd), 5.0)

    def wait_ready(self, limit: float = 90.0) -> None:
        """Wait until the node takes connections and its management API answers.

        Raises ServerDidNotStartError after `limit` seconds, or at once when the process ended.
        """
        wait_until(lambda: self.is_ready() or self.process.pid is None, limit, pause=0.2)
        if not self.is_ready():
            raise ServerDidNotStartError(f"RabbitMQ: see {self.process.log_file}")

    def is_ready(self) -> bool:
        login = (ADMIN, self.password)
        return (
            answers(self.ports.amqp)
            and http_status(self.ports.management, "/api/overview", login) == http.client.OK
        )

    def stop(self) -> None:
        self.process.stop()
        self.epmd.stop()

    def remove(self) -> None:
        """Drop the data."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _configure(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(SETTINGS / "enabled_plugins", self.folder)
        shutil.copy(SETTINGS / "advanced.config", self.folder)
        (self.folder / "env.conf").touch()
        conf = self.folder / "rabbitmq.conf"
        conf.touch(mode=0o600)
        conf.write_text((SETTINGS / "rabbitmq.conf").read_text() + self._own_settings())

    def _own_settings(self) -> str:
        return "\n".join(
            [
                f"listeners.tcp.1 = {LOOPBACK}:{self.ports.amqp}",
                f"management.tcp.ip = {LOOPBACK}",
                f"management.tcp.port = {self.ports.management}",
                f"prometheus.tcp.ip = {LOOPBACK}",
                f"prometheus.tcp.port = {self.ports.prometheus}",
                f"default_user = {ADMIN}",
                f"default_pass = {self.password}",
                "",
            ]
        )

    def _environment(self) -> dict[str, str]:
        home = str(self.folder)
        return {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "HOME": home,  # where the cookie lies
            "ERL_EPMD_PORT": str(self.ports.epmd),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            # The shell script becomes the node instead of staying in front of it, so that the
            # pid file names the node itself.
            "RUNNING_UNDER_SYSTEMD": "true",
            # The data belongs to the name, so the name never changes; with a name server of
            # our own it need not differ from anybody else's.
            "RABBITMQ_NODENAME": "carillon@localhost",
            "RABBITMQ_DIST_PORT": str(self.ports.distribution),
            "RABBITMQ_MNESIA_BASE": home,
            "RABBITMQ_LOG_BASE": home,
            "RABBITMQ_CONF_ENV_FILE": f"{home}/env.conf",
            "RABBITMQ_CONFIG_FILE": f"{home}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{home}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{home}/enabled_plugins",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{QUIET_ERLANG} {LOOPBACK_DISTRIBUTION}",
        }
