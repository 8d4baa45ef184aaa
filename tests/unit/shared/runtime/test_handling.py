"""A message whose handler fails: how it is settled, after which pauses, and what is kept of it."""

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, cast

import pytest
from faststream.rabbit import RabbitMessage

from shared.contracts.topology import DELIVERY_LIMIT
from shared.runtime import handling as runtime
from shared.runtime.handling import LONGEST_PAUSE, PAUSE_AFTER_BUG, Handling
from tests.support.memory import collector_off

pytestmark = pytest.mark.usefixtures("pauses")


class Delivery:
    def __init__(self, returns: int | None = None) -> None:
        self.headers: dict[str, Any] = {} if returns is None else {"x-delivery-count": returns}
        self.settled: list[str] = []

    async def ack(self) -> None:
        self.settled.append("ack")

    async def nack(self, *, requeue: bool) -> None:
        self.settled.append("back" if requeue else "lost")


class Work:
    """What a handler has in hand."""


class Handler:
    """Raises the ``faults`` first, one each time, from a frame that has the error and the work."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.works: list[weakref.ref[Work]] = []

    async def __call__(self) -> None:
        work = Work()
        self.works.append(weakref.ref(work))
        if self.faults:
            fault = self.faults.pop(0)
            raise fault

    @property
    def held(self) -> int:
        return sum(work() is not None for work in self.works)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Those that were made; they take no time."""
    made: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float) -> None:
        made.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    return made


@pytest.fixture
def without_collector() -> Iterator[None]:
    with collector_off():
        yield


async def see_through(
    handle: Callable[[], Awaitable[None]],
    delivery: Delivery | None = None,
    handling: Handling | None = None,
) -> list[str]:
    delivery = delivery or Delivery()
    handling = handling or Handling("a.queue", prefetch=10)
    await handling.see_through(cast(RabbitMessage, delivery), handle)
    return delivery.settled


async def test_what_is_handled_is_acknowledged(pauses: list[float]) -> None:
    assert await see_through(Handler()) == ["ack"]
    assert pauses == []


async def test_what_is_away_is_waited_for_and_the_pauses_grow(pauses: list[float]) -> None:
    handler = Handler(*(ConnectionError() for _ in range(9)))
    assert await see_through(handler) == ["ack"]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (runtime.FIRST_PAUSE, LONGEST_PAUSE)


async def test_a_bug_sends_the_message_back() -> None:
    assert await see_through(Handler(ZeroDivisionError())) == ["back"]


async def test_the_pause_after_a_bug_grows_with_each_return(pauses: list[float]) -> None:
    for returns in (None, 1, 2, 3, DELIVERY_LIMIT):
        await see_through(Handler(ZeroDivisionError()), Delivery(returns))
    assert pauses == [PAUSE_AFTER_BUG, 2.0, 4.0, LONGEST_PAUSE, LONGEST_PAUSE]


async def test_one_that_all_others_wait_behind_is_parked_soon(pauses: list[float]) -> None:
    handling = Handling("a.queue", prefetch=1)
    for returns in (None, 5, DELIVERY_LIMIT):
        await see_through(Handler(ZeroDivisionError()), Delivery(returns), handling)
    assert pauses == [PAUSE_AFTER_BUG] * 3


@pytest.mark.usefixtures("without_collector")
@pytest.mark.parametrize("fault", [ConnectionError, ZeroDivisionError])
async def test_however_often_it_fails_nothing_is_kept(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even in the pauses, in which the next ones fail."""
    caplog.set_level(logging.CRITICAL)  # pytest keeps what is told, with all it came through
    handler = Handler(*(fault() for _ in range(100)))
    kept: list[int] = []

    async def look(_: float) -> None:
        kept.append(handler.held)

    monkeypatch.setattr(asyncio, "sleep", look)
    while handler.faults:
        await see_through(handler)
    assert kept == [0] * 100


@pytest.mark.parametrize("fault", [ConnectionError, ZeroDivisionError])
async def test_the_same_failure_is_not_told_each_time(
    fault: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    handling, handler = Handling("a.queue", prefetch=10), Handler(*(fault() for _ in range(50)))
    with caplog.at_level(logging.WARNING, logger="shared.runtime.handling"):
        while handler.faults:
            await see_through(handler, handling=handling)
    assert [record.levelno >= logging.WARNING for record in caplog.records] == [True]
