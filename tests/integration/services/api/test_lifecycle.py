"""Pause, resume, cancel, copy over REST: what a mailing becomes, and what the others are told."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.api.domain.failures import Unavailable
from services.api.domain.users import User
from services.api.ports import Ports
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import MailingFinished, MailingStarted
from tests.integration.services.api.conftest import (
    NOW,
    FakeClock,
    FakeGates,
    FakeStatistics,
    Outbox,
)
from tests.integration.services.api.test_mailings import BODY, LOCAL, make, tell


async def act(api: httpx.AsyncClient, mailing: dict[str, Any], action: str) -> dict[str, Any]:
    answer = await api.post(f"/mailings/{mailing['id']}/{action}")
    assert answer.status_code == 200, answer.text
    after: dict[str, Any] = answer.json()
    return after


async def told(outbox: Outbox) -> tuple[str, int, bool]:
    """What the scheduler and the senders hear, which must be one message for each."""
    change, gates = await outbox()
    assert isinstance(change, MailingChanged)
    [gate] = gates.gates if isinstance(gates, GatesChanged) else []
    assert gate == Gate(
        kind="mailing", id=change.mailing_id, revision=change.revision, closed=gate.closed
    )
    return change.state, change.revision, gate.closed


async def test_pause_resume_cancel(
    api: httpx.AsyncClient,
    ports: Ports,
    outbox: Outbox,
    clock: FakeClock,
    stats: FakeStatistics,
    gates: FakeGates,
) -> None:
    mailing = await make(api)
    await outbox()
    await tell(ports, MailingStarted(mailing_id=mailing["id"], revision=1, at=NOW))
    stats.answer = {"in_flight": 5}
    clock.forward(timedelta(minutes=1))
    paused = await act(api, mailing, "pause")
    assert (paused["state"], paused["revision"]) == ("paused", 2)
    assert (paused["stop_confirmed"], paused["in_flight"]) == (True, 5)
    assert paused["started_at"] == "2026-11-21T12:00:00Z"
    assert paused["updated_at"] == "2026-11-21T12:01:00Z"
    assert await told(outbox) == ("paused", 2, True)
    shown = (await api.get(f"/mailings/{mailing['id']}")).json()
    assert shown == {name: paused[name] for name in shown}

    resumed = await act(api, mailing, "resume")
    assert (resumed["state"], resumed["revision"]) == ("running", 3)
    assert await told(outbox) == ("scheduled", 3, False)
    assert gates.waits == 1

    cancelled = await act(api, mailing, "cancel")
    assert (cancelled["state"], cancelled["revision"]) == ("cancelled", 4)
    assert cancelled["stop_confirmed"]
    assert await told(outbox) == ("cancelled", 4, True)


async def test_a_goal_reached_already_tells_nobody_but_still_waits_for_its_gate(
    api: httpx.AsyncClient, outbox: Outbox, gates: FakeGates, stats: FakeStatistics
) -> None:
    mailing = await make(api)
    stats.failure = Unavailable("The statistics do not answer now.")
    gates.left = False
    for action in ("pause", "cancel"):
        once = await act(api, mailing, action)
        assert (once["stop_confirmed"], once["in_flight"]) == (False, None)
        await outbox()
        assert await act(api, mailing, action) == once
        gates.left = True
        assert await act(api, mailing, action) == once | {"stop_confirmed": True}
        gates.left = False
        assert await outbox() == []


async def test_what_nobody_has_heard_of_is_stopped_at_once(
    api: httpx.AsyncClient, outbox: Outbox, gates: FakeGates
) -> None:
    draft = await make(api, draft=True)
    cancelled = await act(api, draft, "cancel")
    assert (cancelled["state"], cancelled["revision"]) == ("cancelled", 2)
    assert (cancelled["stop_confirmed"], cancelled["in_flight"]) == (True, 0)
    assert gates.waits == 0
    assert await outbox() == []


async def test_the_wrong_state_is_named(api: httpx.AsyncClient, ports: Ports) -> None:
    running, draft = await make(api), await make(api, draft=True)
    await tell(ports, MailingStarted(mailing_id=running["id"], revision=1, at=NOW))
    finished = await make(api)
    await tell(ports, MailingFinished(mailing_id=finished["id"], revision=1, at=NOW))
    for mailing, action, state in (
        (draft, "pause", "draft"),
        (draft, "resume", "draft"),
        (running, "resume", "running"),
        (running, "launch", "running"),
        (finished, "pause", "finished"),
        (finished, "cancel", "finished"),
    ):
        answer = await api.post(f"/mailings/{mailing['id']}/{action}")
        assert answer.status_code == 409, (action, state)
        assert f"is {state}." in answer.json()["detail"]
        assert answer.json()["errors"][0]["field"] == "state"


async def test_a_paused_mailing_is_changed_and_stays_paused(
    api: httpx.AsyncClient, outbox: Outbox
) -> None:
    mailing = await make(api)
    await act(api, mailing, "pause")
    await outbox()
    after = (await api.patch(f"/mailings/{mailing['id']}", json={"text": "New"})).json()
    assert (after["state"], after["revision"], after["text"]) == ("paused", 3, "New")
    assert await told(outbox) == ("paused", 3, True)
    assert (await act(api, mailing, "resume"))["state"] == "scheduled"


async def test_what_begins_while_it_is_paused_goes_on_as_running(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    mailing = await make(api)
    await act(api, mailing, "pause")
    await tell(ports, MailingStarted(mailing_id=mailing["id"], revision=1, at=NOW))
    await tell(ports, MailingFinished(mailing_id=mailing["id"], revision=2, at=NOW))
    shown = (await api.get(f"/mailings/{mailing['id']}")).json()
    assert (shown["state"], shown["started_at"]) == ("paused", "2026-11-21T12:00:00Z")
    assert (await act(api, mailing, "resume"))["state"] == "running"


async def test_its_start_and_its_end_are_the_first_that_were_told(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    id_ = (await make(api))["id"]
    for minute in (1, 2):
        at = NOW + timedelta(minutes=minute)
        await tell(ports, MailingStarted(mailing_id=id_, revision=1, at=at))
    for minute in (3, 4):
        at = NOW + timedelta(minutes=minute)
        await tell(ports, MailingFinished(mailing_id=id_, revision=1, at=at))
    shown = (await api.get(f"/mailings/{id_}")).json()
    assert shown["started_at"] == "2026-11-21T12:01:00Z"
    assert shown["finished_at"] == "2026-11-21T12:03:00Z"


async def test_deleting_waits_for_the_gate_and_keeps_history_and_statistics(
    api: httpx.AsyncClient, gates: FakeGates, stats: FakeStatistics
) -> None:
    mailing = await make(api)
    path = f"/mailings/{mailing['id']}"
    await act(api, mailing, "pause")
    for _ in range(2):
        assert (await api.delete(path)).status_code == 204
    assert gates.waits == 2  # for the pause and for the first deletion
    shown = (await api.get(path)).json()
    assert (shown["state"], shown["deleted_at"]) == ("cancelled", "2026-11-21T12:00:00Z")
    stats.answer = {"mailing_id": mailing["id"], "audience": 3}
    books = (await api.get(f"{path}/statistics")).json()
    assert books == stats.answer | {"state": "cancelled"}
    assert len((await api.get(f"{path}/revisions")).json()["items"]) == 3


async def test_a_copy_is_a_draft_with_the_same_content(
    api: httpx.AsyncClient, outbox: Outbox, clock: FakeClock
) -> None:
    soon = {"starts_at": "2026-11-21T12:00:00Z", "ends_at": "2026-11-21T12:30:00Z"}
    original = (await api.post("/mailings", json=LOCAL | soon | {"timing": "absolute"})).json()
    await api.delete(f"/mailings/{original['id']}")
    await outbox()
    clock.forward(timedelta(minutes=30))  # it is over: the copy can be given another time
    answer = await api.post(f"/mailings/{original['id']}/clone")
    assert answer.status_code == 201, answer.text
    copy = answer.json()
    assert answer.headers["location"] == f"/api/v1/mailings/{copy['id']}"
    assert (copy["state"], copy["revision"], copy["launched_at"]) == ("draft", 1, None)
    assert copy["name"] == "Spring (copy)"
    for field in LOCAL.keys() - {"name", "draft"}:
        assert copy[field] == original[field], field
    assert await outbox() == []


async def test_a_copy_may_differ(api: httpx.AsyncClient) -> None:
    original = (await api.post("/mailings", json=LOCAL)).json()
    changes = {"text": "Once more", "name": None, "window": None}
    answer = await api.post(f"/mailings/{original['id']}/clone", json=changes)
    copy = answer.json()
    assert (copy["text"], copy["name"], copy["window"]) == ("Once more", None, None)
    assert copy["rate_per_second"] == original["rate_per_second"]


async def test_every_revision_is_kept(
    api: httpx.AsyncClient, clock: FakeClock, admin: User
) -> None:
    draft = await make(api, draft=True)
    path = f"/mailings/{draft['id']}"
    for text in ("Better", "Best"):
        await api.patch(path, json={"text": text})
    clock.forward(timedelta(minutes=1))
    await act(api, draft, "launch")
    await api.patch(path, json={"name": "Only a name"})
    await act(api, draft, "pause")
    await act(api, draft, "pause")
    page = (await api.get(f"{path}/revisions", params={"limit": 3})).json()
    rest = (await api.get(f"{path}/revisions", params={"cursor": page["next_cursor"]})).json()
    found = page["items"] + rest["items"]
    assert [(one["revision"], one["state"], one["text"]) for one in found] == [
        (4, "paused", "Best"),
        (3, "scheduled", "Best"),
        (2, "draft", "Better"),
        (1, "draft", "Hello"),
    ]
    assert rest["next_cursor"] is None
    assert {one["changed_by"] for one in found} == {admin.id}
    assert found[1]["changed_at"] == "2026-11-21T12:01:00Z"
    assert found[0]["starts_at"] == draft["starts_at"]


@pytest.mark.parametrize("text", ["Hi {{ name }}", 'Hi {{ attributes.city|default("…") }}'])
async def test_a_template_is_taken_as_it_is(api: httpx.AsyncClient, text: str) -> None:
    assert (await make(api, text=text))["text"] == text
    mailing = await make(api)
    answer = await api.patch(f"/mailings/{mailing['id']}", json={"text": "{{ nmae }}"})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["field"], "nmae" in error["reason"]) == ("text", True)
    assert (await api.put(f"/mailings/{mailing['id']}", json=BODY | {"text": text})).is_success


async def test_many_hands_at_once_make_one_history(api: httpx.AsyncClient, outbox: Outbox) -> None:
    mailing = await make(api)
    await outbox()
    path = f"/mailings/{mailing['id']}"
    answers = await asyncio.gather(
        *(api.post(f"{path}/{action}") for action in ["pause", "resume"] * 6),
        *(api.patch(path, json={"text": f"Text {n}"}) for n in range(3)),
    )
    done = sorted(one.json()["revision"] for one in answers if one.status_code == 200)
    assert {one.status_code for one in answers} <= {200, 409}
    last = done[-1]
    messages = await outbox()
    changes = [one for one in messages if isinstance(one, MailingChanged)]
    gates = [gate for one in messages if isinstance(one, GatesChanged) for gate in one.gates]
    assert sorted(one.revision for one in changes) == list(range(2, last + 1))
    assert sorted(gate.revision for gate in gates) == list(range(2, last + 1))
    closed = {gate.revision: gate.closed for gate in gates}
    assert all(closed[one.revision] == (one.state == "paused") for one in changes)
    kept = (await api.get(f"{path}/revisions")).json()["items"]
    assert [one["revision"] for one in kept] == list(range(last, 0, -1))
