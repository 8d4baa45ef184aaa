"""The broker is killed (-9) and comes back. It is this module's own, so nobody else is hurt."""

import asyncio
import os
import secrets
import shutil
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.rabbitmq import LocalRabbitMQ
from deploy.local.servers import passing_rabbitmq
from shared.contracts import topology
from shared.contracts.progress import MailingEmitted
from shared.runtime import broker as runtime
from shared.runtime.broker import (
    Publisher,
    PublishFailed,
    Route,
    consume,
    make_broker,
    start_when_reachable,
)
from tests.integration.shared.rabbit import LIMIT, apply_topology, as_services, connected

pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(
        shutil.which("rabbitmq-server") is None, reason="a broker to kill must be a process"
    ),
]


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalRabbitMQ]:
    home: Path = tmp_path_factory.mktemp("rabbit")
    server = passing_rabbitmq(home, secrets.token_urlsafe(16))
    await asyncio.to_thread(server.start)
    yield server
    server.process.kill()
    server.stop()
    server.remove()


def emitted(mailing_id: int) -> MailingEmitted:
    return MailingEmitted(mailing_id=mailing_id, revision=1, messages=0)


class Consumer:
    """Takes a moment for each message, so that some are in its hands when the broker dies."""

    def __init__(self, url: str) -> None:
        self.handled: set[int] = set()
        self.broker = make_broker(url, service="test")
        routes = {MailingEmitted.routing_key: Route(MailingEmitted, self._handle)}
        consume(self.broker, topology.STATS_EVENTS, routes, prefetch=5)

    async def _handle(self, message: MailingEmitted) -> None:
        await asyncio.sleep(0.005)
        self.handled.add(message.mailing_id)

    async def until_all(self, wanted: set[int]) -> None:
        async with asyncio.timeout(LIMIT):
            while True:
                if wanted <= self.handled:
                    return
                await asyncio.sleep(0.02)

    async def __aenter__(self) -> "Consumer":
        await start_when_reachable(self.broker)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.broker.stop()


async def test_nothing_confirmed_is_lost_and_consumers_come_back(server: LocalRabbitMQ) -> None:
    url = as_services(f"{server.amqp_url}%2F")
    await apply_topology(server.management_url, url)
    await _queues_written_down(server)
    async with Consumer(url) as consumer, connected(url) as broker:
        publisher = Publisher(broker)
        for n in range(300):
            await publisher.event(emitted(n))
        assert len(consumer.handled) < 300

        server.process.kill()
        started = time.monotonic()
        with pytest.raises(PublishFailed):
            await publisher.event(emitted(300))
        assert time.monotonic() - started < runtime.PUBLISH_TIMEOUT + 1

        await asyncio.to_thread(server.start)
        await _published(publisher, emitted(301))
        await consumer.until_all({*range(300), 301})


async def test_a_publish_without_an_answer_fails_in_time(
    server: LocalRabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that hangs is as good as dead; here the whole process is stopped."""
    monkeypatch.setattr(runtime, "PUBLISH_TIMEOUT", 0.5)
    pid = server.process.pid
    assert pid is not None
    async with connected(server.amqp_url) as broker:
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(PublishFailed):
                await Publisher(broker).event(emitted(400))
        finally:
            os.kill(pid, signal.SIGCONT)
        await _published(Publisher(broker), emitted(401))


async def _queues_written_down(server: LocalRabbitMQ) -> None:
    """RabbitMQ 3.10 writes the name of a new quorum queue down up to three seconds later.

    Killed before, it finds the queue's log no more and the queue is dead for ever.
    """
    async with asyncio.timeout(LIMIT):
        while True:
            registers = list(server.folder.rglob("quorum/**/names.dets"))
            if any(topology.STATS_EVENTS.encode() in file.read_bytes() for file in registers):
                return
            await asyncio.sleep(0.1)


async def _published(publisher: Publisher, message: MailingEmitted) -> None:
    """As services do: again until it is confirmed."""
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                await publisher.event(message)
            except PublishFailed:
                await asyncio.sleep(0.1)
            else:
                return
