"""The broker's own alarms: short of memory or disk, it takes nothing more from who publishes."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from deploy.local.packages import rabbitmq_bin
from deploy.local.rabbitmq import LocalRabbitMQ, RabbitPorts
from deploy.local.run_ports import read_ports
from tests.support.house import House, eventually

RAISED_WITHIN = 30.0  # seconds; the node looks at its memory and its disk every few


@dataclass(frozen=True)
class Alarm:
    """``flag``: what the management API calls it; ``bound``: the Erlang call that tells the bound;
    ``command``: what sets it; ``crossed``: a bound that no machine keeps."""

    flag: str
    bound: str
    command: str
    crossed: tuple[str, ...]


MEMORY = Alarm(
    "mem_alarm",
    "vm_memory_monitor:get_vm_memory_high_watermark().",
    "set_vm_memory_high_watermark",
    ("absolute", "1MB"),
)
DISK = Alarm(
    "disk_free_alarm",
    "rabbit_disk_monitor:get_disk_free_limit().",
    "set_disk_free_limit",
    ("1000000GB",),
)


@asynccontextmanager
async def raised(house: House, alarm: Alarm) -> AsyncIterator[None]:
    usual = await rabbitmqctl(house, "eval", alarm.bound)
    await rabbitmqctl(house, alarm.command, *alarm.crossed)
    try:
        await shows(house, alarm, raised=True)
        yield
    finally:
        await rabbitmqctl(house, alarm.command, usual)


async def rabbitmqctl(house: House, *arguments: str) -> str:
    """What it printed."""
    return await asyncio.to_thread(_rabbitmqctl, house, arguments)


def _rabbitmqctl(house: House, arguments: tuple[str, ...]) -> str:
    ports = read_ports(house.home / "ports.json")
    own = ("amqp", "management", "prometheus", "distribution", "epmd")
    broker = LocalRabbitMQ(
        house.home / "rabbitmq", house.home / "run", RabbitPorts(*map(ports.__getitem__, own)), ""
    )
    done = subprocess.run(
        [str(rabbitmq_bin() / "rabbitmqctl"), "--quiet", *arguments],
        env={"HOME": os.environ.get("HOME", "/"), **broker.process.spec.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


async def shows(house: House, alarm: Alarm, *, raised: bool) -> None:
    url, login = house.management()

    async def shown() -> bool:
        async with httpx.AsyncClient(base_url=url, auth=login, trust_env=False) as client:
            (node,) = (await client.get("/api/nodes")).raise_for_status().json()
        return node.get(alarm.flag) is raised

    await eventually(shown, RAISED_WITHIN, every=0.2)
