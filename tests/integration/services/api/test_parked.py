"""What no consumer could read: from the broker into the database, and back."""

from typing import Any

import aio_pika
import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.parked import measure_parked
from services.api.domain.parked import Death, Letter, Place
from services.api.handlers.parked import park
from services.api.ports import Ports
from shared.contracts.progress import MailingStarted
from shared.contracts.topology import API_PROGRESS, DEAD, EVENTS, SEND
from tests.integration.services.api.conftest import NOW
from tests.integration.services.api.service import connected, mailing, running
from tests.integration.services.api.waiting import until
from tests.support.servers import Vhost

SECRET_BODY = b'{"phone": "79161234567"'
PLACE = Place(EVENTS, "mailing.changed")
Json = dict[str, Any]


def letter(body: bytes = b"{", place: Place | None = PLACE) -> Letter:
    return Letter(Death("scheduler.events", place, "rejected"), body)


async def listed(api: httpx.AsyncClient, **query: Any) -> list[Json]:
    answer = await api.get("/dead-letters/parked", params=query)
    assert answer.status_code == 200, answer.text
    items: list[Json] = answer.json()["items"]
    return items


async def replay(api: httpx.AsyncClient, *ids: int, **body: Any) -> Json:
    answer = await api.post("/dead-letters/replay", json={"parked": list(ids)} | body)
    assert answer.status_code == 200, answer.text
    done: Json = answer.json()
    return done


async def in_outbox(engine: AsyncEngine) -> list[tuple[Any, ...]]:
    query = text("SELECT exchange, routing_key, body, urgent FROM outbox ORDER BY id")
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def test_a_parked_message_is_shown_without_its_body(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    await park(ports, letter(SECRET_BODY))
    [one] = await listed(api)
    assert one.pop("id") > 0
    assert one == {
        "queue": "scheduler.events",
        "exchange": "carillon.events",
        "routing_key": "mailing.changed",
        "why": "rejected",
        "bytes": len(SECRET_BODY),
        "times": 1,
        "parked_at": "2026-11-21T12:00:00Z",
        "state": "parked",
        "replayed_at": None,
    }


async def test_the_same_message_parked_again_is_no_other(
    api: httpx.AsyncClient, ports: Ports, engine: AsyncEngine
) -> None:
    await park(ports, letter())
    await park(ports, letter())
    [one] = await listed(api)
    assert one["times"] == 2
    await replay(api, one["id"])
    [gone] = await listed(api)
    assert (gone["state"], gone["replayed_at"]) == ("replayed", "2026-11-21T12:00:00Z")
    await park(ports, letter())
    [back] = await listed(api)
    assert (back["id"], back["state"], back["times"]) == (one["id"], "parked", 3)
    assert len(await in_outbox(engine)) == 1


async def test_a_replayed_message_goes_back_as_it_was_and_is_noted(
    api: httpx.AsyncClient, ports: Ports, engine: AsyncEngine
) -> None:
    await park(ports, letter(SECRET_BODY))
    await park(ports, Letter(Death("send.sms", Place(SEND, "sms"), "rejected"), b"?"))
    commands, event = await listed(api)
    done = await replay(api, event["id"], commands["id"], event["id"])
    assert done == {"messages": 2, "mailings": [], "skipped": [], "left": 0}
    assert await in_outbox(engine) == [
        (EVENTS, "mailing.changed", SECRET_BODY, False),
        (SEND, "sms.again", b"?", False),
    ]
    [entry] = (await api.get("/audit")).json()["items"]
    assert entry["action"] == "dead_letters.replay_parked"
    assert entry["facts"] == {"ids": sorted([event["id"], commands["id"]])}
    async with engine.connect() as connection:  # what is no longer needed is no longer kept
        assert await connection.scalar(text("SELECT count(body) FROM parked")) == 0


async def test_what_cannot_go_back_is_skipped(
    api: httpx.AsyncClient, ports: Ports, engine: AsyncEngine
) -> None:
    await park(ports, letter(place=None))
    await park(ports, letter(place=Place(EVENTS, "weather.changed")))
    await park(ports, letter())
    good, unknown, lost = await listed(api)
    await replay(api, good["id"])
    done = await replay(api, lost["id"], unknown["id"], good["id"], 2**40)
    assert done["messages"] == 0
    assert [one["parked_id"] for one in done["skipped"]] == [
        lost["id"],
        unknown["id"],
        good["id"],
        2**40,
    ]
    assert len({one["reason"] for one in done["skipped"]}) == 4
    assert len(await in_outbox(engine)) == 1


async def test_a_dry_run_puts_nothing_back(
    api: httpx.AsyncClient, ports: Ports, engine: AsyncEngine
) -> None:
    await park(ports, letter())
    [one] = await listed(api)
    assert (await replay(api, one["id"], dry_run=True))["messages"] == 1
    assert await listed(api) == [one]
    assert (await in_outbox(engine), (await api.get("/audit")).json()["items"]) == ([], [])


async def test_what_is_of_no_use_is_thrown_away_and_that_is_noted(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    await park(ports, letter())
    [one] = await listed(api)
    assert (await api.delete(f"/dead-letters/parked/{one['id']}")).status_code == 204
    assert await listed(api) == []
    assert (await api.delete(f"/dead-letters/parked/{one['id']}")).status_code == 404
    [entry] = (await api.get("/audit")).json()["items"]
    assert (entry["action"], entry["subject"]) == (
        "dead_letters.drop_parked",
        f"parked/{one['id']}",
    )
    assert entry["facts"] == {
        "queue": "scheduler.events",
        "routing_key": "mailing.changed",
        "bytes": 1,
    }


async def test_parked_messages_come_in_pages_and_by_queue(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    for number in range(3):
        await park(ports, letter(b"%d" % number))
    await park(ports, Letter(Death("stats.events", PLACE, "rejected"), b"{"))
    assert len(await listed(api)) == 4
    query: Json = {"queue": "scheduler.events", "limit": 2}
    first = (await api.get("/dead-letters/parked", params=query)).json()
    rest = await listed(api, queue="scheduler.events", cursor=first["next_cursor"])
    ids = [one["id"] for one in first["items"] + rest]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3


async def test_how_many_are_parked_is_measured(
    api: httpx.AsyncClient, ports: Ports, engine: AsyncEngine
) -> None:
    for body in (b"1", b"2"):
        await park(ports, letter(body))
    await replay(api, (await listed(api))[0]["id"])
    await measure_parked(engine)
    assert REGISTRY.get_sample_value("carillon_api_parked_messages") == 1


async def test_what_is_put_back_says_nothing_of_how_far_the_clients_have_come(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    await api.post("/clients", json={"phone": "79161234567", "timezone": "UTC"})
    async with ports.transactions.begin() as store:
        before = await store.outbox.clients_position()
    await park(ports, letter(place=Place(EVENTS, "client.changed")))
    await replay(api, (await listed(api))[0]["id"])
    async with ports.transactions.begin() as store:
        assert await store.outbox.clients_position() == before > 0


async def test_a_message_of_a_newer_version_waits_for_the_upgrade_and_disturbs_nothing(
    engine: AsyncEngine, database_url: str, topology: Vhost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This release reads version 1. A later one, with a field it does not know, is put by; what
    comes behind it is heard; and once it can be read it is put back and heard as well."""
    async with running(database_url, topology.amqp_url) as api, connected(topology) as channel:
        ids = [(await api.post("/mailings", json=mailing())).json()["id"] for _ in range(2)]
        newer, known = (MailingStarted(mailing_id=id_, revision=1, at=NOW) for id_ in ids)
        body = newer.encode().replace(b'"version":1', b'"version":2')
        await tell(channel, "progress.started", body)
        await tell(channel, "progress.started", known.encode())
        await until(lambda: has_state(api, ids[1], "running"))
        await until(lambda: is_parked(api))
        [one] = await listed(api)
        assert (one["queue"], one["routing_key"]) == (API_PROGRESS, "progress.started")
        assert (one["why"], one["bytes"]) == ("rejected", len(body))
        assert (await api.get(f"/mailings/{ids[0]}")).json()["state"] == "scheduled"

        monkeypatch.setattr(MailingStarted, "decode", _of_any_version)
        assert (await replay(api, one["id"]))["messages"] == 1
        await until(lambda: has_state(api, ids[0], "running"))
        assert [each["state"] for each in await listed(api)] == ["replayed"]


def _of_any_version(body: bytes) -> MailingStarted:
    """As the next release would read it."""
    return MailingStarted.model_validate_json(body.replace(b'"version":2', b'"version":1'))


async def test_what_still_cannot_be_read_is_parked_again(
    engine: AsyncEngine, database_url: str, topology: Vhost
) -> None:
    async with running(database_url, topology.amqp_url) as api, connected(topology) as channel:
        await tell(channel, "progress.started", b"{")
        await channel.default_exchange.publish(aio_pika.Message(b"by hand"), DEAD)
        await until(lambda: is_parked(api, count=2))
        by_place = {one["queue"]: one for one in await listed(api)}
        assert by_place.keys() == {API_PROGRESS, None}
        ids = [one["id"] for one in by_place.values()]
        done = await replay(api, *ids)
        assert (done["messages"], len(done["skipped"])) == (1, 1)

        async def is_back() -> bool:
            [one] = await listed(api, queue=API_PROGRESS)
            return (one["state"], one["times"]) == ("parked", 2)

        await until(is_back)


async def tell(channel: aio_pika.abc.AbstractChannel, key: str, body: bytes) -> None:
    exchange = await channel.get_exchange(EVENTS, ensure=False)
    await exchange.publish(aio_pika.Message(body), key)


async def has_state(api: httpx.AsyncClient, mailing_id: int, state: str) -> bool:
    return bool((await api.get(f"/mailings/{mailing_id}")).json()["state"] == state)


async def is_parked(api: httpx.AsyncClient, count: int = 1) -> bool:
    return len(await listed(api)) == count
