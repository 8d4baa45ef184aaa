"""The desk on a real database: what it shows, what it sends again, what it notes of that."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.dead_letters import Dead, Group
from services.api.domain.failures import Unavailable
from services.api.domain.users import User
from services.api.ports import Ports
from shared.contracts.gates import GatesChanged
from shared.contracts.mailings import MailingChanged
from shared.contracts.replays import MessagesReplayed, MessagesResolved, Replay
from tests.integration.services.api.conftest import (
    NOW,
    FakeClock,
    FakeDeadLetters,
    Outbox,
    log_in_as,
)

DAY = timedelta(days=1)
PHONE = "79161234567"
Json = dict[str, Any]


def starting(**fields: Any) -> Json:
    times = {"starts_at": (NOW - DAY).isoformat(), "ends_at": (NOW + DAY).isoformat()}
    return {"text": "Hello", "name": "Spring"} | times | fields


async def finished(api: httpx.AsyncClient, ports: Ports, **fields: Any) -> int:
    """A mailing that has run to its end, and of which everybody has heard."""
    id_: int = (await api.post("/mailings", json=starting(**fields))).json()["id"]
    async with ports.transactions.begin() as store:
        await store.mailings.started(id_, NOW, now=NOW)
        await store.mailings.finished(id_, 1, NOW, now=NOW)
    return id_


def dead(mailing_id: int, *ids: int, **fields: Any) -> list[Dead]:
    return [Dead(id_, mailing_id, 12, 1, **({"status": "failed"} | fields)) for id_ in ids]


async def replay(api: httpx.AsyncClient, status: int = 200, **body: Any) -> Json:
    answer = await api.post("/dead-letters/replay", json=body)
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


async def audit(api: httpx.AsyncClient) -> list[Json]:
    """What the desk has noted."""
    items: list[Json] = (await api.get("/audit")).json()["items"]
    return [one for one in items if one["action"].startswith("dead_letters.")]


def faulty(problem: Json) -> list[str]:
    return [one["field"] for one in problem["errors"]]


async def test_groups_are_shown_with_names_and_without_numbers(
    api: httpx.AsyncClient, ports: Ports, dead_letters: FakeDeadLetters
) -> None:
    mailing = await finished(api, ports)
    client = (await api.post("/clients", json={"phone": PHONE, "timezone": "UTC"})).json()["id"]
    group = Group(mailing, "failed", "rejected", 400, "Refused.")
    names = ("mailing_id", "status", "reason", "http_status", "detail")
    at = "2026-11-21T12:00:00Z"
    sample = {"message_id": 70, "client_id": client, "timezone": "UTC", "dispatch": 1}
    call = {"attempt": 2, "at": at, "latency_ms": 35, "http_status": 400, "text_sha256": None}
    told = {"group": {name: getattr(group, name) for name in names}, "messages": 3}
    moments = {"first_at": at, "last_at": at}
    items = [told | moments | {"sample": sample | call}]
    dead_letters.page = {"items": items, "next_cursor": "abc"}
    query: Json = {"mailing_id": mailing, "status": "failed", "reason": "rejected", "limit": 1}
    answer = await api.get("/dead-letters", params=query | {"cursor": "xyz"})
    assert answer.status_code == 200
    assert dead_letters.asked == [(mailing, "failed", "rejected", 1, "xyz")]
    assert answer.json()["next_cursor"] == "abc"
    [shown] = answer.json()["items"]
    assert (shown["id"], shown["mailing_name"], shown["messages"]) == (group.id, "Spring", 3)
    assert shown["sample"]["request"]["body"] == {"id": 70, "phone": "7916*****67", "text": None}
    assert PHONE not in answer.text


@pytest.mark.parametrize("query", ["status=sent", "mailing_id=0", "reason=%00", "colour=red"])
async def test_a_filter_is_checked(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/dead-letters?{query}")
    assert answer.status_code == 422
    assert faulty(answer.json()) == [query.partition("=")[0]]


async def test_what_had_finished_runs_again_and_its_messages_are_told_of_first(
    api: httpx.AsyncClient,
    ports: Ports,
    dead_letters: FakeDeadLetters,
    outbox: Outbox,
    admin: User,
) -> None:
    mailing = await finished(api, ports)
    await outbox()
    dead_letters.dead = dead(mailing, 2, 1)
    done = await replay(api, message_ids=[1, 2, 5, 2])
    assert done == {
        "messages": 2,
        "mailings": [{"mailing_id": mailing, "messages": 2, "revision": 2}],
        "skipped": [
            {
                "message_id": 5,
                "parked_id": None,
                "reason": "It is no message of a mailing that is failed or unknown.",
            }
        ],
        "left": 0,
    }
    again, changed, gate = await outbox()
    messages = (Replay(message_id=1, dispatch=1), Replay(message_id=2, dispatch=1))
    assert again == MessagesReplayed(mailing_id=mailing, revision=2, messages=messages)
    assert isinstance(changed, MailingChanged)
    assert (changed.revision, changed.state) == (2, "scheduled")
    assert isinstance(gate, GatesChanged)
    now = (await api.get(f"/mailings/{mailing}")).json()
    assert (now["state"], now["revision"], now["finished_at"]) == ("running", 2, None)
    [entry] = await audit(api)
    assert (entry["action"], entry["subject"]) == ("dead_letters.replay", f"mailings/{mailing}")
    assert entry["facts"] == {"messages": 2, "revision": 2, "message_ids": [1, 2, 5, 2]}
    assert (entry["user"]["id"], entry["address"], entry["at"]) == (
        admin.id,
        "127.0.0.1",
        "2026-11-21T12:00:00Z",
    )
    [kept, *_] = (await api.get(f"/mailings/{mailing}/revisions")).json()["items"]
    assert (kept["revision"], kept["state"]) == (2, "running")


async def test_a_dry_run_changes_nothing(
    api: httpx.AsyncClient, ports: Ports, dead_letters: FakeDeadLetters, outbox: Outbox
) -> None:
    mailing = await finished(api, ports)
    await outbox()
    before = (await api.get(f"/mailings/{mailing}")).json()
    dead_letters.dead = dead(mailing, 1, 2)
    done = await replay(api, mailing_id=mailing, dry_run=True)
    assert done["mailings"] == [{"mailing_id": mailing, "messages": 2, "revision": 2}]
    assert (await api.get(f"/mailings/{mailing}")).json() == before
    assert (await outbox(), await audit(api)) == ([], [])


async def test_messages_of_several_mailings_are_sent_again_together_or_not_at_all(
    api: httpx.AsyncClient, ports: Ports, dead_letters: FakeDeadLetters, outbox: Outbox
) -> None:
    first, second = await finished(api, ports), await finished(api, ports)
    cancelled: int = (await api.post("/mailings", json=starting())).json()["id"]
    await api.post(f"/mailings/{cancelled}/cancel")
    await outbox()
    dead_letters.dead = dead(first, 1) + dead(second, 2) + dead(cancelled, 3)
    refused = await replay(api, 409, message_ids=[1, 2, 3])
    assert faulty(refused) == ["message_ids"]
    assert str(cancelled) in refused["detail"]
    assert (await outbox(), await audit(api)) == ([], [])
    done = await replay(api, message_ids=[1, 2])
    assert [one["mailing_id"] for one in done["mailings"]] == [first, second]
    assert len(await outbox()) == 6
    assert [entry["subject"] for entry in await audit(api)] == [
        f"mailings/{second}",
        f"mailings/{first}",
    ]


@pytest.mark.parametrize("how", ["draft", "cancel", "delete"])
async def test_what_is_over_for_good_is_refused(
    api: httpx.AsyncClient, dead_letters: FakeDeadLetters, how: str
) -> None:
    body = starting(draft=how == "draft")
    mailing = (await api.post("/mailings", json=body)).json()["id"]
    if how == "cancel":
        await api.post(f"/mailings/{mailing}/cancel")
    if how == "delete":
        await api.delete(f"/mailings/{mailing}")
    dead_letters.dead = dead(mailing, 1)
    refused = await replay(api, 409, mailing_id=mailing, dry_run=True)
    assert faulty(refused) == ["mailing_id"]


async def test_a_paused_mailing_stays_paused(
    api: httpx.AsyncClient, dead_letters: FakeDeadLetters, outbox: Outbox
) -> None:
    mailing = (await api.post("/mailings", json=starting())).json()["id"]
    await api.post(f"/mailings/{mailing}/pause")
    dead_letters.dead = dead(mailing, 1)
    await replay(api, group=Group(mailing, "failed", None, None, None).id)
    assert (await api.get(f"/mailings/{mailing}")).json()["state"] == "paused"
    *_, gate = await outbox()
    assert isinstance(gate, GatesChanged)
    assert gate.gates[0].closed


async def test_after_the_mailings_end_a_deadline_is_needed(
    api: httpx.AsyncClient,
    ports: Ports,
    dead_letters: FakeDeadLetters,
    outbox: Outbox,
    clock: FakeClock,
    admin: User,
) -> None:
    mailing = await finished(api, ports)
    dead_letters.dead = dead(mailing, 1)
    clock.forward(2 * DAY)
    fresh = (await log_in_as(ports, admin)).access_token
    api.headers["Authorization"] = f"Bearer {fresh}"
    await outbox()
    assert faulty(await replay(api, 422, mailing_id=mailing)) == ["ends_at"]
    for wrong in ("2026-11-24T12:00:00", "2026-11-23T11:00:00Z", "soon"):
        assert faulty(await replay(api, 422, mailing_id=mailing, ends_at=wrong)) == ["ends_at"]
    assert await outbox() == []
    await replay(api, mailing_id=mailing, ends_at="2026-11-24T12:00:00+03:00")
    again, changed, _ = await outbox()
    assert isinstance(again, MessagesReplayed)
    assert again.ends_at == NOW + 3 * DAY - timedelta(hours=3)
    assert isinstance(changed, MailingChanged)
    assert changed.spec.ends_at == NOW + DAY


async def test_nothing_to_send_again_is_nothing_done(
    api: httpx.AsyncClient, ports: Ports, outbox: Outbox
) -> None:
    mailing = await finished(api, ports)
    await outbox()
    done = await replay(api, mailing_id=mailing)
    assert done == {"messages": 0, "mailings": [], "skipped": [], "left": 0}
    assert (await outbox(), await audit(api)) == ([], [])
    assert (await api.get(f"/mailings/{mailing}")).json()["state"] == "finished"


async def test_a_mailing_that_is_not_there_is_not_found(api: httpx.AsyncClient) -> None:
    answer = await api.post("/dead-letters/replay", json={"mailing_id": 99_999})
    assert answer.status_code == 404, answer.text


async def test_one_request_takes_so_many_and_says_how_many_are_left(
    api: httpx.AsyncClient,
    ports: Ports,
    dead_letters: FakeDeadLetters,
    outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.api.handlers.dead_letters.MOST_MESSAGES", 7)
    monkeypatch.setattr("services.api.handlers.dead_letters._MESSAGES", 3)
    mailing = await finished(api, ports)
    await outbox()
    dead_letters.dead = dead(mailing, *range(1, 11))
    group = {"mailing_id": mailing, "status": "failed", "reason": None}
    told = {"group": group | {"http_status": None, "detail": None}, "messages": 10}
    dead_letters.page = {"items": [told], "next_cursor": None}
    done = await replay(api, mailing_id=mailing)
    assert (done["messages"], done["left"]) == (7, 3)
    again, *_ = await outbox()
    assert isinstance(again, MessagesReplayed)
    assert [one.message_id for one in again.messages] == list(range(1, 8))
    assert [asked[1:] for asked in dead_letters.asked[:-1]] == [(0, 3), (3, 3), (6, 1)]


async def test_a_skipped_list_is_short(
    api: httpx.AsyncClient, dead_letters: FakeDeadLetters
) -> None:
    done = await replay(api, message_ids=list(range(1, 301)))
    assert [one["message_id"] for one in done["skipped"]] == list(range(1, 101))


async def test_what_is_unknown_is_resolved_and_nothing_else(
    api: httpx.AsyncClient, ports: Ports, dead_letters: FakeDeadLetters, outbox: Outbox
) -> None:
    mailing = await finished(api, ports)
    await outbox()
    dead_letters.dead = [*dead(mailing, 1), *dead(mailing, 2, 3, status="unknown")]
    body = {"message_ids": [1, 2, 3, 4], "as": "sent"}
    done = (await api.post("/dead-letters/resolve", json=body)).json()
    assert done["messages"] == 2
    assert done["mailings"] == [{"mailing_id": mailing, "messages": 2, "revision": 1}]
    assert [one["message_id"] for one in done["skipped"]] == [4, 1]
    [told] = await outbox()
    assert isinstance(told, MessagesResolved)
    assert (told.as_, [one.message_id for one in told.messages]) == ("sent", [2, 3])
    [entry] = await audit(api)
    assert entry["action"] == "dead_letters.resolve"
    assert entry["facts"] == {"as": "sent", "message_ids": [2, 3]}
    assert (await api.get(f"/mailings/{mailing}")).json()["state"] == "finished"


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("replay", {}, ["message_ids"]),
        ("replay", {"dry_run": True}, ["message_ids"]),
        ("replay", {"mailing_id": 7, "parked": [1]}, ["mailing_id", "parked"]),
        ("replay", {"message_ids": []}, ["message_ids"]),
        ("replay", {"message_ids": [1, "2", 0]}, ["message_ids.1", "message_ids.2"]),
        ("replay", {"message_ids": list(range(1, 1_002))}, ["message_ids"]),
        ("replay", {"group": "x"}, ["group"]),
        ("replay", {"mailing_id": 7, "status": "sent"}, ["status"]),
        ("replay", {"message_ids": [1], "status": "failed"}, ["status"]),
        ("replay", {"parked": [1], "ends_at": "2026-12-01T00:00:00Z"}, ["ends_at"]),
        ("replay", {"mailing_id": 7, "dry_run": "yes"}, ["dry_run"]),
        ("replay", {"mailing_id": 7, "force": True}, ["force"]),
        ("resolve", {"message_ids": [1]}, ["as"]),
        ("resolve", {"message_ids": [1], "as": "lost"}, ["as"]),
        ("resolve", {"as": "sent"}, ["message_ids"]),
    ],
)
async def test_a_request_is_checked(
    api: httpx.AsyncClient, path: str, body: Json, named: list[str]
) -> None:
    answer = await api.post(f"/dead-letters/{path}", json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert faulty(answer.json()) == named


async def test_without_stats_nothing_is_sent_again(
    api: httpx.AsyncClient, dead_letters: FakeDeadLetters
) -> None:
    dead_letters.failure = Unavailable("The statistics do not answer now.")
    for answer in (
        await api.get("/dead-letters"),
        await api.post("/dead-letters/replay", json={"mailing_id": 7}),
        await api.post("/dead-letters/resolve", json={"message_ids": [1], "as": "sent"}),
    ):
        assert answer.status_code == 503
        assert answer.headers["retry-after"]


async def test_the_audit_comes_in_pages_newest_first(
    api: httpx.AsyncClient, ports: Ports, dead_letters: FakeDeadLetters
) -> None:
    mailing = await finished(api, ports)
    dead_letters.dead = dead(mailing, 1)
    for _ in range(3):
        await replay(api, mailing_id=mailing)
    asked = {"action": "dead_letters.replay"}
    first = (await api.get("/audit", params=asked | {"limit": "2"})).json()
    rest = (await api.get("/audit", params=asked | {"cursor": first["next_cursor"]})).json()
    revisions = [one["facts"]["revision"] for one in first["items"] + rest["items"]]
    assert (revisions, rest["next_cursor"]) == ([4, 3, 2], None)


@pytest.mark.parametrize(
    "statement", ["UPDATE audit SET facts = '{}'", "DELETE FROM audit", "TRUNCATE audit"]
)
async def test_nothing_is_taken_out_of_the_audit(engine: AsyncEngine, statement: str) -> None:
    with pytest.raises(DBAPIError, match="only ever added to"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))
