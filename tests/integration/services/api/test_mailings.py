"""Mailings over REST, and what the others are told about them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.api.handlers.progress import HANDLERS
from services.api.ports import Ports
from shared.contracts.base import Message
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import (
    MailingEmitted,
    MailingFinished,
    MailingStarted,
    WavesPlanned,
)
from tests.integration.services.api.conftest import NOW, FakeClock, Outbox

BODY = {
    "text": "Hello",
    "starts_at": "2026-12-01T10:00:00+03:00",
    "ends_at": "2026-12-02T10:00:00Z",
}
LOCAL = {
    "text": "Hello",
    "starts_at": "2026-12-01T10:00:00",
    "ends_at": "2026-12-02T10:00:00",
    "timing": "local",
    "window": {"from": "22:00", "to": "02:00", "days": ["mon", "fri"]},
    "filter": {"tags": ["vip", "vip"], "operator_codes": None},
    "channel": "sms",
    "name": "Spring",
    "department_id": None,
    "audience": "frozen",
    "max_lateness": 30,
    "holidays": ["2026-12-02", "2026-12-01", "2026-12-02"],
    "priority": "urgent",
    "rate_per_second": 0.5,
    "draft": False,
}


async def make(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/mailings", json=BODY | fields)
    assert answer.status_code == 201, answer.text
    mailing: dict[str, Any] = answer.json()
    return mailing


async def test_the_least_mailing_is_launched(api: httpx.AsyncClient, outbox: Outbox) -> None:
    answer = await api.post("/mailings", json=BODY)
    mailing = answer.json()
    assert answer.headers["location"] == f"/api/v1/mailings/{mailing['id']}"
    assert mailing == {
        "id": mailing["id"],
        "name": None,
        "state": "scheduled",
        "revision": 1,
        "text": "Hello",
        "starts_at": "2026-12-01T07:00:00Z",
        "ends_at": "2026-12-02T10:00:00Z",
        "timing": "absolute",
        "window": None,
        "filter": {"tags": None, "operator_codes": None},
        "channel": "sms",
        "department_id": None,
        "audience": "live",
        "max_lateness": None,
        "holidays": [],
        "priority": "normal",
        "rate_per_second": None,
        "created_at": "2026-11-21T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z",
        "launched_at": "2026-11-21T12:00:00Z",
        "started_at": None,
        "finished_at": None,
        "deleted_at": None,
        "forgotten_at": None,
    }
    [told] = await outbox()
    assert isinstance(told, MailingChanged)
    assert (told.mailing_id, told.revision, told.state) == (mailing["id"], 1, "scheduled")


async def test_the_whole_body_comes_back(api: httpx.AsyncClient, outbox: Outbox) -> None:
    mailing = (await api.post("/mailings", json=LOCAL)).json()
    for field in LOCAL.keys() - {"draft", "filter", "holidays"}:
        assert mailing[field] == LOCAL[field], field
    assert mailing["filter"] == {"tags": ["vip"], "operator_codes": None}
    assert mailing["holidays"] == ["2026-12-01", "2026-12-02"]
    assert (await api.get(f"/mailings/{mailing['id']}")).json() == mailing
    [told] = await outbox()
    assert isinstance(told, MailingChanged)
    assert told.spec.starts_at.isoformat() == "2026-12-01T10:00:00"
    assert told.spec.window is not None
    assert (told.spec.window.from_, told.spec.window.days) == ("22:00", ("mon", "fri"))


async def test_a_draft_waits_for_its_launch(api: httpx.AsyncClient, outbox: Outbox) -> None:
    draft = await make(api, draft=True)
    assert (draft["state"], draft["launched_at"]) == ("draft", None)
    path = f"/mailings/{draft['id']}"
    await api.patch(path, json={"text": "Better"})
    assert await outbox() == []
    launched = (await api.post(f"{path}/launch")).json()
    assert (launched["state"], launched["text"]) == ("scheduled", "Better")
    [told] = await outbox()
    assert isinstance(told, MailingChanged)
    assert (told.spec.text, told.revision) == ("Better", 2)
    assert (await api.post(f"{path}/launch")).status_code == 409


async def test_what_has_passed_is_not_launched(api: httpx.AsyncClient, clock: FakeClock) -> None:
    soon = {"starts_at": "2026-11-21T12:00:00Z", "ends_at": "2026-11-21T12:30:00Z"}
    draft = await make(api, draft=True, **soon)
    clock.forward(timedelta(minutes=30))
    for answer in (
        await api.post(f"/mailings/{draft['id']}/launch"),
        await api.post("/mailings", json=BODY | soon),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "ends_at"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_change_is_told_and_calls_back_what_is_under_way(
    api: httpx.AsyncClient, outbox: Outbox, method: str
) -> None:
    mailing = await make(api, window={"from": "10:00", "to": "20:00"})
    await outbox()
    body: dict[str, Any] = {"text": "New"}
    if method == "PUT":
        body |= {name: BODY[name] for name in ("starts_at", "ends_at")}
    after = (await api.request(method, f"/mailings/{mailing['id']}", json=body)).json()
    assert (after["revision"], after["text"]) == (2, "New")
    assert (after["window"] is None) == (method == "PUT")
    told, gates = await outbox()
    assert isinstance(told, MailingChanged)
    assert (told.revision, told.spec.text) == (2, "New")
    assert gates == GatesChanged(
        gates=(Gate(kind="mailing", id=mailing["id"], revision=2, closed=False),)
    )


async def test_null_brings_back_what_holds_without(api: httpx.AsyncClient) -> None:
    mailing = (await api.post("/mailings", json=LOCAL | {"audience": "live"})).json()
    nothing = dict.fromkeys(("window", "filter", "name", "max_lateness", "holidays", "priority"))
    after = (await api.patch(f"/mailings/{mailing['id']}", json=nothing)).json()
    assert after["filter"] == {"tags": None, "operator_codes": None}
    assert (after["window"], after["name"], after["max_lateness"]) == (None, None, None)
    assert (after["holidays"], after["priority"]) == ([], "normal")
    assert after["timing"] == "local"


@pytest.mark.parametrize("field", ["text", "starts_at", "ends_at"])
async def test_null_does_not_clear_what_is_needed(api: httpx.AsyncClient, field: str) -> None:
    mailing = await make(api)
    answer = await api.patch(f"/mailings/{mailing['id']}", json={field: None})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_a_change_of_timing_alone_must_go_with_the_times(api: httpx.AsyncClient) -> None:
    mailing = await make(api)
    answer = await api.patch(f"/mailings/{mailing['id']}", json={"timing": "local"})
    assert [one["field"] for one in answer.json()["errors"]] == ["starts_at", "ends_at"]
    assert (await api.get(f"/mailings/{mailing['id']}")).json() == mailing


async def test_deleted_is_cancelled_and_out_of_the_list(
    api: httpx.AsyncClient, outbox: Outbox
) -> None:
    mailing = await make(api)
    await outbox()
    path = f"/mailings/{mailing['id']}"
    assert (await api.delete(path)).status_code == 204
    assert (await api.get("/mailings")).json()["items"] == []
    assert (await api.get(path)).json()["state"] == "cancelled"
    told, gates = await outbox()
    assert isinstance(told, MailingChanged)
    assert (told.revision, told.state) == (2, "cancelled")
    gate = Gate(kind="mailing", id=mailing["id"], revision=2, closed=True)
    assert gates == GatesChanged(gates=(gate,))
    assert (await api.delete(path)).status_code == 204
    assert (await api.patch(path, json={"text": "x"})).status_code == 409
    assert (await api.put(path, json=BODY)).status_code == 409
    assert (await api.post(f"{path}/launch")).status_code == 409
    assert await outbox() == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/mailings/7"),
        ("PATCH", "/mailings/7"),
        ("DELETE", "/mailings/7"),
        ("POST", "/mailings/7/launch"),
        ("POST", "/mailings/7/pause"),
        ("POST", "/mailings/7/resume"),
        ("POST", "/mailings/7/cancel"),
        ("POST", "/mailings/7/clone"),
        ("GET", "/mailings/7/revisions"),
        ("GET", "/mailings/7/statistics"),
        ("GET", "/mailings/7/messages"),
    ],
)
async def test_an_unknown_mailing(api: httpx.AsyncClient, method: str, path: str) -> None:
    body: dict[str, Any] | None = {} if method == "PATCH" else None
    assert (await api.request(method, path, json=body)).status_code == 404


async def test_the_list_is_newest_first_and_by_state(api: httpx.AsyncClient) -> None:
    made = [await make(api, name=str(n), draft=n == 1) for n in range(3)]
    first = (await api.get("/mailings", params={"limit": 2})).json()
    assert first["items"] == [made[2], made[1]]
    cursor = first["next_cursor"]
    second = (await api.get("/mailings", params={"limit": 2, "cursor": cursor})).json()
    assert (second["items"], second["next_cursor"]) == ([made[0]], None)
    drafts = (await api.get("/mailings", params={"state": "draft"})).json()
    assert drafts["items"] == [made[1]]
    assert (await api.get("/mailings", params={"state": "x"})).status_code == 422


async def tell(ports: Ports, message: Message) -> None:
    await HANDLERS[type(message)](ports, message)


async def test_progress_moves_the_state_and_may_come_twice(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    mailing = await make(api)
    id_ = mailing["id"]

    async def state() -> str:
        answer = await api.get(f"/mailings/{id_}")
        return str(answer.json()["state"])

    await tell(ports, WavesPlanned(mailing_id=id_, revision=1, waves=()))
    assert await state() == "scheduled"
    for _ in range(2):
        await tell(ports, MailingStarted(mailing_id=id_, revision=1, at=NOW))
        assert await state() == "running"
    await tell(ports, MailingEmitted(mailing_id=id_, revision=1, messages=0))
    await api.patch(f"/mailings/{id_}", json={"text": "New"})
    assert await state() == "running"
    await tell(ports, MailingFinished(mailing_id=id_, revision=1, at=NOW))
    assert await state() == "running"  # another plan is in force
    for _ in range(2):
        await tell(ports, MailingFinished(mailing_id=id_, revision=2, at=NOW))
        assert await state() == "finished"
    await tell(ports, MailingStarted(mailing_id=id_, revision=2, at=NOW))
    assert await state() == "finished"
    assert (await api.patch(f"/mailings/{id_}", json={"text": "x"})).status_code == 409
    await tell(ports, MailingStarted(mailing_id=999, revision=1, at=NOW))


async def test_what_is_cancelled_stays_so(api: httpx.AsyncClient, ports: Ports) -> None:
    mailing = await make(api)
    await api.delete(f"/mailings/{mailing['id']}")
    await tell(ports, MailingStarted(mailing_id=mailing["id"], revision=1, at=NOW))
    await tell(ports, MailingFinished(mailing_id=mailing["id"], revision=2, at=NOW))
    assert (await api.get(f"/mailings/{mailing['id']}")).json()["state"] == "cancelled"
