"""Test messages, and single messages with all that is known of them."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.domain.failures import Unavailable
from shared.contracts.trials import TrialsRequested
from shared.domain.message_id import EPOCH_MS
from tests.integration.services.api.conftest import NOW, FakeStatistics, Outbox
from tests.integration.services.api.test_clients import make as make_client
from tests.integration.services.api.test_mailings import make

ANN, NOBODY = "79161234567", "79990000000"


async def try_out(
    api: httpx.AsyncClient, mailing: dict[str, Any], **body: Any
) -> list[dict[str, Any]]:
    answer = await api.post(f"/mailings/{mailing['id']}/test-send", json=body)
    assert answer.status_code == 202, answer.text
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


async def test_a_text_is_tried_with_each_phone_s_client(
    api: httpx.AsyncClient, outbox: Outbox
) -> None:
    await make_client(api, name="Ann")
    mailing = await make(api, draft=True, text='Привет, {{ name|default("друг") }}')
    await outbox()
    sent = await try_out(api, mailing, phones=[ANN, NOBODY, ANN])
    assert [(one["phone"], one["text"], one["encoding"], one["parts"]) for one in sent] == [
        (ANN, "Привет, Ann", "UCS-2", 1),
        (NOBODY, "Привет, друг", "UCS-2", 1),
    ]
    ids = [one["message_id"] for one in sent]
    assert ids[0] < ids[1] < 2**53
    assert (ids[0] >> 12) == int(NOW.timestamp() * 1000) - EPOCH_MS
    assert (ids[0] >> 7) & 31 == 31
    [told] = await outbox()
    assert isinstance(told, TrialsRequested)
    assert [(one.message_id, one.address, one.text) for one in told.trials] == [
        (ids[0], ANN, "Привет, Ann"),
        (ids[1], NOBODY, "Привет, друг"),
    ]
    assert (told.not_after - NOW).total_seconds() == 600


async def test_a_text_is_tried_with_the_values_of_one(api: httpx.AsyncClient) -> None:
    client = await make_client(api, attributes={"city": "Omsk"})
    mailing = await make(api, text="To {{ attributes.city }}, {{ phone }}")
    [sent] = await try_out(api, mailing, phones=[NOBODY], client_id=client["id"])
    assert (sent["phone"], sent["text"]) == (NOBODY, f"To Omsk, {ANN}")


async def test_a_trial_waits_behind_no_import(api: httpx.AsyncClient, engine: AsyncEngine) -> None:
    await try_out(api, await make(api, draft=True), phones=[ANN])
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT urgent FROM outbox"))


@pytest.mark.parametrize("known", [True, False])
async def test_what_is_lacking_is_named(
    api: httpx.AsyncClient, outbox: Outbox, known: bool
) -> None:
    if known:
        await make_client(api)
    mailing = await make(api, draft=True, text="To {{ attributes.city }}")
    await outbox()
    answer = await api.post(f"/mailings/{mailing['id']}/test-send", json={"phones": [ANN]})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], "attributes.city" in error["reason"]) == ("client_id", True)
    assert await outbox() == []


async def test_in_every_state(api: httpx.AsyncClient) -> None:
    mailing = await make(api)
    for action in ("pause", "resume", "cancel"):
        await try_out(api, mailing, phones=[ANN])
        await api.post(f"/mailings/{mailing['id']}/{action}")
    await api.delete(f"/mailings/{mailing['id']}")
    await try_out(api, mailing, phones=[ANN])


def attempt(**facts: Any) -> dict[str, Any]:
    return {"dispatch": 1, "attempt": 1, "outcome": "sent", "text_revision": None} | facts


def told_by_stats(mailing_id: int, client_id: int, *attempts: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": 5,
        "mailing_id": mailing_id,
        "client_id": client_id,
        "timezone": "UTC",
        "status": "sent",
        "attempts": list(attempts),
    }


async def test_a_message_gets_names_and_the_text_it_was_sent_by(
    api: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    client = await make_client(api, name="Ann")
    mailing = await make(api, name="Spring", text="First")
    await api.patch(f"/mailings/{mailing['id']}", json={"text": "Second"})
    attempts = [attempt(text_revision=1), attempt(dispatch=2, outcome="returned")]
    stats.answer = told_by_stats(mailing["id"], client["id"], *attempts)
    answer = await api.get("/messages/5")
    assert stats.asked == 5
    assert answer.json() == stats.answer | {
        "phone": ANN,
        "name": "Ann",
        "mailing_name": "Spring",
        "test": False,
        "template": "First",
    }
    stats.answer["attempts"].append(attempt(dispatch=3, text_revision=2))
    assert (await api.get("/messages/5")).json()["template"] == "Second"


async def test_a_message_that_was_never_sent_to_a_client_who_is_gone(
    api: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    client, mailing = await make_client(api), await make(api)
    await api.delete(f"/clients/{client['id']}")
    stats.answer = told_by_stats(mailing["id"], client["id"])
    found = (await api.get("/messages/5")).json()
    assert (found["phone"], found["name"], found["template"]) == (None, None, None)


async def test_a_test_message_before_and_after_it_is_heard_of(
    api: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    client = await make_client(api, name="Ann")
    mailing = await make(api, name="Spring", text="Hi {{ name }}")
    [sent] = await try_out(api, mailing, phones=[NOBODY], client_id=client["id"])
    await api.patch(f"/mailings/{mailing['id']}", json={"text": "Changed"})
    path = f"/messages/{sent['message_id']}"
    ours = {
        "mailing_id": mailing["id"],
        "mailing_name": "Spring",
        "client_id": client["id"],
        "phone": NOBODY,
        "name": "Ann",
        "test": True,
        "template": "Hi {{ name }}",
    }
    assert (await api.get(path)).json() == ours | {
        "id": sent["message_id"],
        "timezone": "UTC",
        "status": "planned",
        "reason": None,
        "detail": None,
        "dispatch": 1,
        "sent_at": None,
        "updated_at": "2026-11-21T12:00:00Z",
        "next_attempt_at": None,
        "receipt": None,
        "attempts": [],
    }
    stats.answer = told_by_stats(0, 0, attempt())
    assert (await api.get(path)).json() == stats.answer | ours


async def test_the_number_of_a_deleted_client_is_kept_nowhere(
    api: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    client, mailing = await make_client(api), await make(api)
    theirs, other = await try_out(api, mailing, phones=[ANN, NOBODY])
    await api.delete(f"/clients/{client['id']}")
    assert (await api.get(f"/messages/{theirs['message_id']}")).json()["phone"] is None
    assert (await api.get(f"/messages/{other['message_id']}")).json()["phone"] == NOBODY


async def test_an_unknown_message_and_no_statistics(
    api: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    assert (await api.get("/messages/5")).status_code == 404
    assert (await api.get("/messages/x")).status_code == 422
    stats.failure = Unavailable("The statistics do not answer now.")
    assert (await api.get("/messages/5")).status_code == 503
    mailing = await make(api)
    answer = await api.post("/mailings/999/test-send", json={"phones": [ANN]})
    assert (answer.status_code, mailing["revision"]) == (404, 1)
