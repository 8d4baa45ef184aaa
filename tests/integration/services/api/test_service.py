"""The service as it runs: its own process's loops, a real broker, a real server's lifespan."""

import time
from datetime import UTC, datetime

import aio_pika
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.handlers.imports import BATCH_ROWS
from shared.contracts.base import Message
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.gates import GatesChanged
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import MailingFinished, MailingStarted
from shared.contracts.topology import EVENTS, SCHEDULER_EVENTS, SENDER_GATES
from tests.integration.services.api.mailbox import Box, serving
from tests.integration.services.api.service import (
    EMAIL,
    Listener,
    connected,
    mailing,
    running,
)
from tests.integration.services.api.waiting import until
from tests.support.servers import Vhost


async def in_outbox(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM outbox")) or 0


async def test_a_launch_and_its_gate_leave_at_once(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with running(database_url, topology.amqp_url) as api, connected(topology) as channel:
        launches = Listener(channel, SCHEDULER_EVENTS, MailingChanged)
        gates = Listener(channel, SENDER_GATES, GatesChanged)
        await api.post("/mailings", json=mailing())  # once before, so that all is connected
        await launches.take(1)
        started = time.monotonic()
        made = (await api.post("/mailings", json=mailing())).json()
        [told] = await launches.take(1)
        assert told.mailing_id == made["id"]
        seconds = [time.monotonic() - started]
        started = time.monotonic()
        await api.delete(f"/mailings/{made['id']}")
        [gate] = await gates.take(1)
        seconds.append(time.monotonic() - started)
        assert gate.gates[0].closed
        assert max(seconds) < 0.5, seconds  # tens of milliseconds on a machine with nothing to do
        await until(lambda: nothing_left(engine))


async def nothing_left(engine: AsyncEngine) -> bool:
    return await in_outbox(engine) == 0


async def test_progress_arrives(engine: AsyncEngine, database_url: str, topology: Vhost) -> None:
    async with running(database_url, topology.amqp_url) as api, connected(topology) as channel:
        id_ = (await api.post("/mailings", json=mailing())).json()["id"]
        exchange = await channel.get_exchange(EVENTS, ensure=False)

        async def tell(message: Message) -> None:
            await exchange.publish(aio_pika.Message(message.encode()), message.key)

        async def has_state(state: str) -> bool:
            return bool((await api.get(f"/mailings/{id_}")).json()["state"] == state)

        now = datetime.now(UTC)
        await tell(MailingStarted(mailing_id=id_, revision=1, at=now))
        await until(lambda: has_state("running"))
        await tell(MailingFinished(mailing_id=id_, revision=1, at=now))
        await until(lambda: has_state("finished"))


async def test_an_import_runs_by_itself_and_a_launch_behind_it_is_told_behind_it(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with running(database_url, topology.amqp_url) as api, connected(topology) as channel:
        queue = await channel.get_queue(SCHEDULER_EVENTS, ensure=False)
        await queue.purge()
        rows = "".join(f"7916{number:07},UTC\n" for number in range(3 * BATCH_ROWS))
        csv = {"Content-Type": "text/csv"}
        answer = await api.post("/clients/import", content="phone,timezone\n" + rows, headers=csv)
        path = f"/imports/{answer.json()['id']}"

        async def is_done() -> bool:
            return bool((await api.get(path)).json()["state"] == "done")

        await until(is_done)
        await api.post("/mailings", json=mailing())
        await until(lambda: nothing_left(engine))
        keys, clients = [], 0
        while (message := await queue.get(fail=False)) is not None:
            await message.ack()
            keys.append(message.routing_key)
            if message.routing_key == "client.added":
                clients += len(ClientsAdded.decode(message.body).ids)
        assert keys == ["client.added"] * 3 + ["mailing.changed"]
        assert clients == 3 * BATCH_ROWS


async def test_without_a_broker_all_is_kept_and_told_in_order_later(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    nowhere = "amqp://guest:guest@127.0.0.1:9/"
    async with running(database_url, nowhere) as api:
        for number in range(250):
            body = {"phone": f"7916{number:07}", "timezone": "UTC"}
            started = time.monotonic()
            assert (await api.post("/clients", json=body)).status_code == 201
            assert time.monotonic() - started < 2
        client = (await api.get("/clients", params={"limit": 1})).json()["items"][0]
        await api.delete(f"/clients/{client['id']}")
        assert await in_outbox(engine) == 252
        assert (await api.get("/statistics")).status_code == 503
    async with connected(topology) as channel:
        news = Listener(channel, SCHEDULER_EVENTS, ClientsChanged)
        gates = Listener(channel, SENDER_GATES, GatesChanged)
        await (await channel.get_queue(SCHEDULER_EVENTS, ensure=False)).purge()
        await (await channel.get_queue(SENDER_GATES, ensure=False)).purge()
        async with running(database_url, topology.amqp_url):
            told = [one.clients[0] for one in await news.take(251)]
            assert [one.phone for one in told[:250]] == [f"7916{n:07}" for n in range(250)]
            assert (told[250].id, told[250].deleted) == (client["id"], True)
            assert len(await gates.take(1)) == 1
            await until(lambda: nothing_left(engine))


async def test_two_replicas_have_one_relay(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with (
        running(database_url, topology.amqp_url) as one,
        running(database_url, topology.amqp_url) as other,
        connected(topology) as channel,
    ):
        queue = await channel.get_queue(SCHEDULER_EVENTS, ensure=False)
        await queue.purge()
        for number in range(60):
            api = one if number % 2 else other
            await api.post("/tags", json={"name": str(number)})
            body = {"phone": f"7916{number:07}", "timezone": "UTC"}
            await api.post("/clients", json=body)
        await until(lambda: nothing_left(engine))
        told = await Listener(channel, SCHEDULER_EVENTS, ClientsChanged).take(60)
        assert [one.clients[0].phone for one in told] == [f"7916{n:07}" for n in range(60)]
        assert await queue.get(fail=False) is None


async def test_mail_is_sent_by_itself_and_leads_back(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    box = Box()

    async def has_come() -> bool:
        return bool(box.came)

    async with (
        serving(box),
        running(
            database_url,
            topology.amqp_url,
            smtp_url=SecretStr(f"smtp://127.0.0.1:{box.port}"),
            mail_from="carillon@example.com",
            public_url="https://carillon.example/there/",
        ) as api,
    ):
        await api.post("/auth/password/forgot", json={"email": EMAIL})
        await until(has_come)
        body = {"token": box.token(), "password": "another horse"}
        assert (await api.post("/auth/password/reset", json=body)).status_code == 204
        assert "https://carillon.example/there/account#" in box.came[0].get_content()
        stranger = {"email": "bob@example.com", "password": "battery staple"}
        assert (await api.post("/auth/register", json=stranger)).status_code == 403


async def test_health_tells_of_the_database_and_metrics_of_requests(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with running(database_url, topology.amqp_url) as api:
        ready = await api.get("http://x/health/ready")
        assert ready.json()["checks"] == {"database": True, "first_admin": True}
        await api.get("/clients")
        metrics = (await api.get("http://x/metrics")).text
        assert 'carillon_api_requests_total{method="GET",route="/clients",status="200"}' in metrics
        assert 'carillon_api_outbox_messages{lane="urgent"} 0.0' in metrics
