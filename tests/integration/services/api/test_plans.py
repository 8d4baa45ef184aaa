"""Preview, plan and explain at the public door; the scheduler and stats are stand-ins."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.api.domain.explain_facts import (
    PlannedClient,
    PlannedMessage,
    PlannedWave,
    PlanStanding,
    Span,
)
from services.api.domain.failures import FieldFault, Invalid, Unavailable
from tests.integration.services.api.conftest import NOW, FakePlans, FakeStatistics
from tests.integration.services.api.test_clients import make as make_client
from tests.integration.services.api.test_mailings import BODY, make

AWAY = Unavailable("The scheduler does not answer now.")
HOURS = Span(NOW + timedelta(hours=1), NOW + timedelta(hours=3))
WAITS = PlanStanding(
    client=PlannedClient(False, "Europe/Moscow", None, None, None),
    wave=PlannedWave("Europe/Moscow", "pending", HOURS.opens_at, HOURS.closes_at, None, False),
    message=None,
    opening=HOURS,
)


async def test_a_preview_keeps_nothing(api: httpx.AsyncClient, plans: FakePlans) -> None:
    answer = await api.post("/mailings/preview", json=BODY | {"name": "Spring", "draft": True})
    assert (answer.status_code, answer.json()) == (200, {"audience": 0})
    spec, client_id = plans.asked
    assert (spec.text, client_id) == (BODY["text"], None)
    assert (await api.get("/mailings")).json()["items"] == []


async def test_a_preview_for_a_client(api: httpx.AsyncClient, plans: FakePlans) -> None:
    await api.post("/mailings/preview", json=BODY, params={"client_id": 12})
    assert plans.asked[1] == 12
    plans.failure = Invalid(FieldFault("client_id", "There is no such client."))
    refused = await api.post("/mailings/preview", json=BODY, params={"client_id": 12})
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"field": "client_id", "reason": "There is no such client."}
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"text": "{{ surname }}"}, "text"),
        ({"window": {"from": "10:00", "to": "10:00"}}, "window.to"),
        ({"starts_at": "soon"}, "starts_at"),
        ({"colour": "red"}, "colour"),
        ({"rate_per_second": 0}, "rate_per_second"),
    ],
)
async def test_a_preview_is_as_strict_as_a_launch(
    api: httpx.AsyncClient, plans: FakePlans, changes: dict[str, Any], field: str
) -> None:
    refused = await api.post("/mailings/preview", json=BODY | changes)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert plans.asked is None


@pytest.mark.parametrize("client_id", ["0", "x", str(2**63)])
async def test_a_bad_client_is_named(api: httpx.AsyncClient, client_id: str) -> None:
    for request in (
        api.post("/mailings/preview", json=BODY, params={"client_id": client_id}),
        api.get("/mailings/1/plan", params={"client_id": client_id}),
    ):
        answer = await request
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["client_id"]


async def test_a_draft_is_previewed(api: httpx.AsyncClient, plans: FakePlans) -> None:
    draft = await make(api, draft=True)
    answer = await api.get(f"/mailings/{draft['id']}/plan")
    assert answer.json() == {
        "mailing_id": draft["id"],
        "state": "draft",
        "revision": 1,
        "audience": 0,
    }
    assert plans.asked[0].text == draft["text"]


async def test_a_launched_mailing_is_asked_of_the_scheduler(
    api: httpx.AsyncClient, plans: FakePlans
) -> None:
    mailing = await make(api)
    plans.plan = {"audience": 5}
    answer = await api.get(f"/mailings/{mailing['id']}/plan", params={"client_id": 3})
    assert answer.json() == {
        "mailing_id": mailing["id"],
        "state": "scheduled",
        "revision": 1,
        "audience": 5,
    }
    assert (plans.asked, plans.revision) == ((mailing["id"], 3), 1)
    plans.plan = None
    fresh = await api.get(f"/mailings/{mailing['id']}/plan")
    assert fresh.json()["audience"] == 0, "the scheduler is yet to hear of it"


async def test_a_scheduler_that_is_away(api: httpx.AsyncClient, plans: FakePlans) -> None:
    mailing, client = await make(api), await make_client(api)
    plans.failure = AWAY
    for answer in (
        await api.post("/mailings/preview", json=BODY),
        await api.get(f"/mailings/{mailing['id']}/plan"),
        await api.get(f"/clients/{client['id']}/explain", params={"mailing_id": mailing["id"]}),
    ):
        assert answer.status_code == 503
        assert answer.json()["detail"] == AWAY.detail
        assert answer.headers["retry-after"]


async def test_nobody_without_a_token(anonymous: httpx.AsyncClient) -> None:
    for method, path in [
        ("POST", "/mailings/preview"),
        ("GET", "/mailings/1/plan"),
        ("GET", "/clients/1/explain?mailing_id=1"),
    ]:
        assert (await anonymous.request(method, f"/api/v1{path}")).status_code == 401


async def test_a_client_who_waits(api: httpx.AsyncClient, plans: FakePlans) -> None:
    mailing, client = await make(api), await make_client(api)
    plans.client = WAITS
    answer = await api.get(f"/clients/{client['id']}/explain?mailing_id={mailing['id']}")
    explained = answer.json()
    assert [check["check"] for check in explained.pop("checks")][:2] == ["launched", "not_stopped"]
    assert explained == {
        "client_id": client["id"],
        "mailing_id": mailing["id"],
        "verdict": "will_be_sent",
        "status": "waiting",
        "reason": None,
        "explanation": "The message is sent when the client's window opens,"
        " on 2026-11-21 at 16:00 (Europe/Moscow).",
        "expected_at": "2026-11-21T13:00:00Z",
        "timezone": "Europe/Moscow",
        "opens_at": "2026-11-21T13:00:00Z",
        "closes_at": "2026-11-21T15:00:00Z",
        "opens_at_local": "2026-11-21T16:00:00+03:00",
        "closes_at_local": "2026-11-21T18:00:00+03:00",
        "message_id": None,
    }


async def test_a_message_is_asked_of_stats(
    api: httpx.AsyncClient, plans: FakePlans, stats: FakeStatistics
) -> None:
    mailing, client = await make(api), await make_client(api)
    message = PlannedMessage(55, "queued", 1, None, None, None, "Europe/Moscow")
    plans.client = PlanStanding(WAITS.client, WAITS.wave, message, HOURS)
    path = f"/clients/{client['id']}/explain?mailing_id={mailing['id']}"
    assert (await api.get(path)).json()["status"] == "queued", "stats has not heard of it"
    window = {"opens_at": "2026-11-21T07:00:00Z", "closes_at": "2026-11-21T17:00:00Z"}
    stats.answer = {
        "status": "sent",
        "dispatch": 1,
        "reason": None,
        "detail": None,
        "timezone": "Europe/Moscow",
        "sent_at": "2026-11-21T12:00:00Z",
        "next_attempt_at": None,
        "attempts": [{"window": None}, {"window": window}],
    }
    explained = (await api.get(path)).json()
    assert stats.asked == 55
    assert (explained["verdict"], explained["message_id"]) == ("sent", 55)
    assert explained["opens_at_local"] == "2026-11-21T10:00:00+03:00"
    assert explained["explanation"] == (
        "The message was sent on 2026-11-21 at 15:00 (Europe/Moscow)."
    )
    stats.failure = Unavailable("The statistics do not answer now.")
    assert (await api.get(path)).status_code == 503


async def test_a_draft_needs_nobody_else(api: httpx.AsyncClient, plans: FakePlans) -> None:
    draft, client = await make(api, draft=True), await make_client(api)
    plans.failure = AWAY
    answer = await api.get(f"/clients/{client['id']}/explain?mailing_id={draft['id']}")
    assert (answer.json()["verdict"], answer.json()["reason"]) == ("will_not_be_sent", "draft")


async def test_a_deleted_client_is_explained(api: httpx.AsyncClient, plans: FakePlans) -> None:
    mailing, client = await make(api), await make_client(api)
    await api.delete(f"/clients/{client['id']}")
    plans.client = WAITS  # the copy is a moment behind
    answer = await api.get(f"/clients/{client['id']}/explain?mailing_id={mailing['id']}")
    assert answer.json()["reason"] == "client_deleted"


async def test_who_or_what_never_was(api: httpx.AsyncClient) -> None:
    mailing, client = await make(api), await make_client(api)
    nobody = await api.get(f"/clients/{client['id'] + 1}/explain?mailing_id={mailing['id']}")
    assert (nobody.status_code, nobody.json()["detail"]) == (
        404,
        f"There is no client {client['id'] + 1}.",
    )
    nothing = await api.get(f"/clients/{client['id']}/explain?mailing_id={mailing['id'] + 1}")
    assert (nothing.status_code, nothing.json()["detail"]) == (
        404,
        f"There is no mailing {mailing['id'] + 1}.",
    )
    assert (await api.get(f"/mailings/{mailing['id'] + 1}/plan")).status_code == 404


@pytest.mark.parametrize("query", ["", "?mailing_id=x", "?mailing_id=0", "?mailing=1"])
async def test_the_mailing_must_be_named(api: httpx.AsyncClient, query: str) -> None:
    answer = await api.get(f"/clients/1/explain{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in ("mailing_id", "mailing")
