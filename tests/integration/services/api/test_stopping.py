"""Stopping a mailing: what is true when the answer comes, with a broker, without one, with two
replicas; and what else goes past the bulk."""

import time

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.gates import GatesChanged
from shared.contracts.topology import SCHEDULER_TRIALS, SENDER_GATES
from shared.contracts.trials import TrialsRequested
from tests.integration.services.api.service import Listener, connected, mailing, running
from tests.integration.services.api.stub_stats import stub_stats
from tests.support.servers import Vhost

NO_BROKER = "amqp://guest:guest@127.0.0.1:9/"
# From the press of the button to the answer, whatever is away.
PATIENCE = 1.5


@pytest.mark.parametrize("action", ["pause", "cancel", "delete"])
async def test_the_gate_is_on_the_broker_before_the_answer(
    engine: AsyncEngine, database_url: str, topology: Vhost, action: str
) -> None:
    async with (
        stub_stats() as stats,
        running(database_url, topology.amqp_url, stats.url) as api,
        connected(topology) as channel,
    ):
        queue = await channel.get_queue(SENDER_GATES, ensure=False)
        await queue.purge()
        id_ = (await api.post("/mailings", json=mailing())).json()["id"]
        stats.answers[f"/mailings/{id_}/statistics"] = {"mailing_id": id_, "in_flight": 3}
        path = f"/mailings/{id_}"
        answer = await (api.delete(path) if action == "delete" else api.post(f"{path}/{action}"))
        message = await queue.get(fail=False)
        assert message is not None
        await message.ack()
        [gate] = GatesChanged.decode(message.body).gates
        assert (gate.id, gate.revision, gate.closed) == (id_, 2, True)
        if action != "delete":
            assert answer.json()["stop_confirmed"] is True
            assert answer.json()["in_flight"] == 3


@pytest.mark.parametrize("action", ["pause", "cancel"])
async def test_without_broker_and_statistics_the_answer_comes_in_time_and_says_so(
    engine: AsyncEngine, database_url: str, topology: Vhost, action: str
) -> None:
    async with stub_stats() as stats:
        stats.delay = 5
        async with running(database_url, NO_BROKER, stats.url) as api:
            id_ = (await api.post("/mailings", json=mailing())).json()["id"]
            started = time.monotonic()
            stopped = (await api.post(f"/mailings/{id_}/{action}")).json()
            assert time.monotonic() - started < PATIENCE
    assert stopped["state"] == {"pause": "paused", "cancel": "cancelled"}[action]
    assert (stopped["stop_confirmed"], stopped["in_flight"]) == (False, None)
    async with running(database_url, topology.amqp_url) as api, connected(topology) as channel:
        again = (await api.post(f"/mailings/{id_}/{action}")).json()
        assert again["revision"] == stopped["revision"] == 2
        gates = Listener(channel, SENDER_GATES, GatesChanged)
        found = [gate for message in await gates.take(1) for gate in message.gates]
        assert [(gate.id, gate.closed) for gate in found] == [(id_, True)]


async def test_without_a_broker_a_mailing_is_deleted_in_time(
    engine: AsyncEngine, database_url: str
) -> None:
    async with running(database_url, NO_BROKER) as api:
        id_ = (await api.post("/mailings", json=mailing())).json()["id"]
        started = time.monotonic()
        assert (await api.delete(f"/mailings/{id_}")).status_code == 204
        assert time.monotonic() - started < PATIENCE


async def test_the_replica_that_does_not_relay_knows_it_too(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with (
        running(database_url, topology.amqp_url) as one,
        running(database_url, topology.amqp_url) as other,
    ):
        id_ = (await one.post("/mailings", json=mailing())).json()["id"]
        for api, action in ((one, "pause"), (other, "cancel")):
            assert (await api.post(f"/mailings/{id_}/{action}")).json()["stop_confirmed"]


async def test_a_trial_goes_to_the_scheduler_and_can_be_followed(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with (
        stub_stats() as stats,
        running(database_url, topology.amqp_url, stats.url) as api,
        connected(topology) as channel,
    ):
        id_ = (await api.post("/mailings", json=mailing(draft=True))).json()["id"]
        body = {"phones": ["79161234567"]}
        [sent] = (await api.post(f"/mailings/{id_}/test-send", json=body)).json()["messages"]
        [told] = await Listener(channel, SCHEDULER_TRIALS, TrialsRequested).take(1)
        assert [one.message_id for one in told.trials] == [sent["message_id"]]
        path = f"/messages/{sent['message_id']}"
        assert (await api.get(path)).json()["status"] == "planned"
        stats.answers[path] = {"id": sent["message_id"], "status": "sent", "attempts": []}
        followed = (await api.get(path)).json()
        assert (followed["status"], followed["test"]) == ("sent", True)
        assert (await api.get("/messages/1")).status_code == 404
