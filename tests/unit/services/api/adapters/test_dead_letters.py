"""Stats as the desk sees it: what it is asked, and what counts as an answer."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.api.adapters.dead_letters import HttpDeadLetters
from services.api.domain.choices import Many, OfGroup, OfMailing
from services.api.domain.dead_letters import Dead, Group
from services.api.domain.failures import Invalid, Unavailable

Answer = Callable[[httpx.Request], httpx.Response]
LETTER = {"message_id": 1, "mailing_id": 7, "client_id": 12, "dispatch": 2, "status": "unknown"}
GROUP = Group(7, "failed", "rejected", None, "Refused.")


def letters(answer: Answer) -> HttpDeadLetters:
    transport = httpx.MockTransport(answer)
    return HttpDeadLetters(httpx.AsyncClient(transport=transport, base_url="http://stats"))


def says(status: int, **content: Any) -> Answer:
    return lambda _: httpx.Response(status, **content)


async def test_what_is_asked() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url).removeprefix("http://stats/dead-letters"))
        return httpx.Response(200, json={"items": [], "next_after": None})

    stats = letters(answer)
    await stats.groups(None, None, None, 50, None)
    await stats.groups(7, "failed", "rejected", 50, "next")
    await stats.these([1, 2])
    await stats.chosen(OfMailing(7), 0, 5_000)
    await stats.chosen(OfMailing(7, "unknown"), 70, 5_000)
    await stats.chosen(OfGroup(GROUP), 0, 10)
    assert asked == [
        "?limit=50",
        "?mailing_id=7&status=failed&reason=rejected&limit=50&cursor=next",
        "/messages?message_id=1&message_id=2",
        "/messages?mailing_id=7&after=0&limit=5000",
        "/messages?mailing_id=7&status=unknown&after=70&limit=5000",
        "/messages?mailing_id=7&status=failed&reason=rejected&detail=Refused."
        "&exact=true&after=0&limit=10",
    ]


async def test_messages_are_read_and_so_is_where_to_go_on() -> None:
    items = [LETTER | {"text_sha256": "ab"}, LETTER | {"text_sha256": None, "message_id": 2}]
    stats = letters(says(200, json={"items": items, "next_after": 2}))
    found, following = await stats.chosen(OfMailing(7), 0, 2)
    assert found == [Dead(1, 7, 12, 2, "unknown", "ab"), Dead(2, 7, 12, 2, "unknown")]
    assert following == 2
    assert await stats.these([1, 2]) == found


@pytest.mark.parametrize("chosen", [OfMailing(7), OfGroup(GROUP)])
@pytest.mark.parametrize(
    "answer",
    [
        says(500),
        says(404, json={}),
        says(422, json={"errors": []}),
        says(200, json={}),
        says(200, json={"items": [LETTER | {"status": "sent"}], "next_after": None}),
        says(200, json={"items": [{}], "next_after": None}),
        says(200, json={"items": [], "next_after": "2"}),
    ],
)
async def test_no_good_answer_is_unavailable(answer: Answer, chosen: Many) -> None:
    with pytest.raises(Unavailable):
        await letters(answer).chosen(chosen, 0, 1)


async def test_a_foreign_cursor_is_our_callers() -> None:
    errors = [{"field": "cursor", "reason": "No."}]
    with pytest.raises(Invalid) as refusal:
        await letters(says(422, json={"errors": errors})).groups(None, None, None, 50, "x")
    assert [one.field for one in refusal.value.errors] == ["cursor"]
