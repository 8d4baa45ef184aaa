"""The stats service as the api sees it: a good answer, a refusal, or none."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from services.api.adapters.statistics import HttpStatistics
from services.api.domain.failures import Invalid, Unavailable

Answer = Callable[[httpx.Request], httpx.Response]


def statistics(answer: Answer) -> HttpStatistics:
    transport = httpx.MockTransport(answer)
    return HttpStatistics(httpx.AsyncClient(transport=transport, base_url="http://stats"))


async def test_what_is_asked() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url).removeprefix("http://stats"))
        return httpx.Response(200, json={"ok": True})

    stats = statistics(answer)
    await stats.of_mailing(7)
    assert await stats.books(7) == b'{"ok":true}'
    await stats.messages(7, None, 50, None)
    await stats.messages(7, "sent", 50, "next")
    assert await stats.of_mailings([1, 2]) == {"ok": True}
    assert await stats.message(5) == {"ok": True}
    assert asked == [
        "/mailings/7/statistics",
        "/mailings/7/statistics",
        "/mailings/7/messages?limit=50",
        "/mailings/7/messages?status=sent&limit=50&cursor=next",
        "/statistics?mailing_id=1&mailing_id=2",
        "/messages/5",
    ]


def fails(error: Exception) -> Answer:
    def answer(_: httpx.Request) -> httpx.Response:
        raise error

    return answer


def says(status: int, **content: Any) -> Answer:
    return lambda _: httpx.Response(status, **content)


@pytest.mark.parametrize(
    "answer",
    [
        fails(httpx.ConnectError("refused")),
        fails(httpx.ReadTimeout("late")),
        fails(httpx.RemoteProtocolError("broken")),
        says(500),
        says(401, json={}),
        says(404, json={}),
        says(302),
        says(200, text="<html>"),
        says(200, json=[1]),
        says(200, json=None),
        says(200, text=""),
        says(200, text='{"audience":5,"by_zone":['),
    ],
)
async def test_no_good_answer_is_unavailable(answer: Answer) -> None:
    with pytest.raises(Unavailable):
        await statistics(answer).of_mailing(7)
    with pytest.raises(Unavailable):
        await statistics(answer).books(7)


async def test_an_answer_is_gone_once_it_was_read() -> None:
    """Books come by the hundred kilobytes, several times a second."""
    answers: list[weakref.ref[httpx.Response]] = []

    def answer(_: httpx.Request) -> httpx.Response:
        response = httpx.Response(200, json={"ok": True})
        answers.append(weakref.ref(response))
        return response

    stats = statistics(answer)
    gc.disable()
    try:
        await stats.books(7)
        await stats.of_mailing(7)
        assert [one() for one in answers] == [None, None]
    finally:
        gc.enable()


async def test_a_message_may_be_unknown_but_nothing_else() -> None:
    assert await statistics(says(404, json={})).message(7) is None
    with pytest.raises(Unavailable):
        await statistics(says(500)).message(7)


async def test_a_refused_query_is_our_callers() -> None:
    errors = [{"field": "cursor", "reason": "Input should be a valid integer."}]
    with pytest.raises(Invalid) as refusal:
        await statistics(says(422, json={"errors": errors})).messages(7, None, 50, "x")
    assert [one.field for one in refusal.value.errors] == ["cursor"]
    assert "given out" in refusal.value.errors[0].reason


async def test_a_refusal_without_reasons_is_still_one() -> None:
    with pytest.raises(Invalid):
        await statistics(says(422, json=[])).messages(7, None, 50, "x")
