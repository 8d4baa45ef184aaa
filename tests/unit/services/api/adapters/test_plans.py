"""The scheduler as the api sees it: a good answer, a refusal, or none."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from services.api.adapters.internal import TIMEOUT
from services.api.adapters.plans import PLAN_TIMEOUT, HttpPlans
from services.api.domain.explain_facts import PlannedClient, PlanStanding, Span
from services.api.domain.failures import Invalid, Unavailable
from tests.support.examples import spec

Answer = Callable[[httpx.Request], httpx.Response]

STANDING: dict[str, Any] = {
    "mailing_id": 7,
    "client_id": 12,
    "mailing": {"state": "scheduled", "revision": 1},
    "client": {
        "deleted": False,
        "timezone": "Europe/Berlin",
        "matches_tags": None,
        "matches_operator_codes": True,
        "in_frozen": None,
    },
    "wave": None,
    "message": None,
    "opening": {"opens_at": "2026-10-25T09:00:00Z", "closes_at": "2026-10-25T11:00:00Z"},
}


def plans(answer: Answer) -> HttpPlans:
    transport = httpx.MockTransport(answer)
    client = httpx.AsyncClient(transport=transport, base_url="http://scheduler", timeout=TIMEOUT)
    return HttpPlans(client)


def says(status: int, **content: Any) -> Answer:
    return lambda _: httpx.Response(status, **content)


async def test_what_is_asked_and_how_long_is_waited() -> None:
    asked: list[tuple[str, str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url).removeprefix("http://scheduler")
        asked.append((request.method, url, request.extensions["timeout"]["read"]))
        return httpx.Response(200, json=STANDING)

    scheduler = plans(answer)
    await scheduler.preview(spec(), None, 3)
    await scheduler.preview(spec(), 12, 3)
    await scheduler.of_mailing(7, 12, 3, 5)
    await scheduler.standing(7, 12)
    assert asked == [
        ("POST", "/plan?position=3", PLAN_TIMEOUT),
        ("POST", "/plan?client_id=12&position=3", PLAN_TIMEOUT),
        ("GET", "/mailings/7/plan?client_id=12&position=3&revision=5", PLAN_TIMEOUT),
        ("GET", "/mailings/7/clients/12", TIMEOUT),
    ]


async def test_the_mailing_goes_as_everybody_writes_it() -> None:
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={})

    wanted = spec(window={"from": "10:00", "to": "20:00"})
    await plans(answer).preview(wanted, None, 3)
    assert type(wanted).model_validate(bodies[0]) == wanted
    assert bodies[0]["window"]["from"] == "10:00"


async def test_a_standing_is_read() -> None:
    found = await plans(says(200, json=STANDING)).standing(7, 12)
    assert found == PlanStanding(
        client=PlannedClient(False, "Europe/Berlin", None, True, None),
        wave=None,
        message=None,
        opening=Span(datetime(2026, 10, 25, 9, tzinfo=UTC), datetime(2026, 10, 25, 11, tzinfo=UTC)),
    )


async def test_what_it_has_not_heard_of() -> None:
    scheduler = plans(says(404, json={"title": "Not Found", "status": 404}))
    assert await scheduler.of_mailing(7, None, 3, 1) is None
    assert await scheduler.standing(7, 12) is None


async def test_its_refusal_is_ours() -> None:
    errors = [{"field": "client_id", "reason": "There is no such client."}]
    for call in calls(plans(says(422, json={"errors": errors}))):
        with pytest.raises(Invalid) as refusal:
            await call
        assert [(one.field, one.reason) for one in refusal.value.errors] == [
            ("client_id", "There is no such client.")
        ]


def fails(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        fails(httpx.ConnectError("refused")),
        fails(httpx.ReadTimeout("late")),
        says(500),
        says(401, json={}),
        says(503, json={}),
        says(200, text="<html>"),
        says(200, json=[1]),
    ],
)
async def test_no_good_answer_is_unavailable(answer: Answer) -> None:
    scheduler = plans(answer)
    for call in (*calls(scheduler), scheduler.standing(7, 12)):
        with pytest.raises(Unavailable, match="scheduler does not answer"):
            await call


async def test_an_answer_that_makes_no_sense_is_none() -> None:
    with pytest.raises(Unavailable):
        await plans(says(200, json=STANDING | {"wave": 1})).standing(7, 12)
    with pytest.raises(Unavailable):
        await plans(says(404)).preview(spec(), None, 3)


def calls(scheduler: HttpPlans) -> list[Awaitable[Any]]:
    return [scheduler.preview(spec(), 99, 3), scheduler.of_mailing(7, 99, 3, 1)]
