"""Two schedulers as real processes: one leads; when it is killed, the other goes on."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from deploy.local.ports import free_ports
from shared.contracts.directory import ClientsChanged
from shared.contracts.progress import WavesPlanned
from shared.domain.message_id import NODES, SEQUENCE_BITS
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, mailing
from tests.support.house import ROOT, eventually

ZONES = ("Europe/Moscow", "Asia/Tokyo", "America/New_York")
AT_ONCE = 500
TAKEOVER = 5.0  # seconds, what we promise


@dataclass
class Replica:
    port: int
    process: subprocess.Popen[bytes]

    async def leads(self) -> bool:
        try:
            async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
                metrics = await http.get(f"http://127.0.0.1:{self.port}/metrics")
        except httpx.TransportError:
            return False
        return "carillon_scheduler_leading 1.0" in metrics.text

    def kill(self) -> float:
        """kill -9; returns the moment it was done."""
        self.process.kill()
        return time.monotonic()


def start(world: World, node: int, log: Path) -> Replica:
    [port] = free_ports(1)
    environment = {
        **os.environ,
        "SCHEDULER_DATABASE_URL": world.settings.database_url.get_secret_value(),
        "RABBITMQ_URL": world.amqp_url,
        "SERVICE_TOKEN": world.settings.service_token.get_secret_value(),
        "SCHEDULER_PORT": str(port),
        "SCHEDULER_NODE": str(node),
    }
    with log.open("wb") as out:
        command = [sys.executable, "-m", "services.scheduler"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
    return Replica(port, process)


@asynccontextmanager
async def two_replicas(world: World, home: Path) -> AsyncIterator[tuple[Replica, Replica]]:
    """The one that leads, and the one that stands by."""
    replicas = [start(world, node, home / f"scheduler-{node}.log") for node in (0, 1)]
    try:
        for replica in replicas:
            await eventually(lambda replica=replica: is_up(replica), 30, every=0.1)

        async def leaders() -> list[Replica]:
            return [replica for replica in replicas if await replica.leads()]

        [leader] = await eventually(leaders, 10, every=0.05)
        yield leader, next(replica for replica in replicas if replica is not leader)
    finally:
        for replica in replicas:
            replica.process.kill()
            await asyncio.to_thread(replica.process.wait)


async def is_up(replica: Replica) -> bool:
    assert replica.process.poll() is None, "a replica has died"
    try:
        async with httpx.AsyncClient(timeout=2, trust_env=False) as http:
            return (await http.get(f"http://127.0.0.1:{replica.port}/health/ready")).is_success
    except httpx.TransportError:
        return False


async def people(world: World, count: int) -> None:
    for first in range(1, count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count + 1))
        states = (client(n, timezone=ZONES[n % len(ZONES)]) for n in numbers)
        await world.event(ClientsChanged(clients=tuple(states)))


def seen(world: World) -> int:
    """Envelopes so far; there is no need to read twenty thousand commands at each."""
    return sum(key == "sms" for key, _ in world.tap.taken)


def nodes(world: World) -> set[int]:
    """Which replicas gave the messages their ids."""
    return {(command.message_id >> SEQUENCE_BITS) % NODES for command in world.commands()}


def only_whole_batches_again(world: World, most: int) -> None:
    """Everybody has one message under one dispatch; what went out twice is one batch at most."""
    commands = world.commands()
    handed_out = {(command.message_id, command.dispatch) for command in commands}
    messages = {command.message_id for command in commands}
    clients = {command.client_id for command in commands}
    assert len(handed_out) == len(messages) == len(clients)
    assert len(commands) - len(handed_out) <= most


async def test_the_other_takes_over_in_the_middle_of_emission(world: World, tmp_path: Path) -> None:
    async with world.listening() as tap, two_replicas(world, tmp_path) as (leader, other):
        await people(world, 20_000)
        assert not await other.leads()
        await world.event(mailing(1))
        await tap.until(lambda: seen(world) > 20)
        killed_at = leader.kill()
        await eventually(other.leads, TAKEOVER, every=0.05)
        assert time.monotonic() - killed_at < TAKEOVER
        assert await world.emitted() == 20_000
        await tap.until(lambda: seen(world) >= 200 and len(world.reached()) == 20_000)
    assert nodes(world) == {0, 1}, "one of the two has emitted everything"
    only_whole_batches_again(world, most=1_000)


async def test_no_wave_is_missed_when_the_leader_dies_just_before_the_opening(
    world: World, tmp_path: Path
) -> None:
    async with world.listening() as tap, two_replicas(world, tmp_path) as (leader, _):
        await people(world, 300)
        opens_at = datetime.now(UTC) + timedelta(seconds=2)
        await world.event(mailing(1, starts_at=opens_at))
        await tap.until(lambda: bool(tap.of("progress.planned", WavesPlanned)))
        await asyncio.sleep((opens_at - datetime.now(UTC)).total_seconds() - 0.2)
        assert not seen(world)
        killed_at = leader.kill()
        await tap.until(lambda: seen(world) > 0)
        assert time.monotonic() - killed_at < TAKEOVER
        assert datetime.now(UTC) >= opens_at
        assert await world.emitted() == 300
    assert len(world.reached()) == 300
    assert {envelope.timezone for envelope in world.envelopes()} == set(ZONES)
    only_whole_batches_again(world, most=0)
