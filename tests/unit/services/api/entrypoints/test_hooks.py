"""What is listened to follows what is wanted, whatever the broker does in between."""

import asyncio
import logging
from collections.abc import Collection
from typing import Any

import pytest

from services.api.domain.webhooks import EventType
from services.api.entrypoints import hooks

SENT = frozenset({EventType.MESSAGE_SENT})
BOTH = SENT | {EventType.MESSAGE_FAILED}
NOTHING: frozenset[EventType] = frozenset()


class Broker:
    """``away``: how often it refuses."""

    def __init__(self, away: int = 0) -> None:
        self.told: list[frozenset[EventType]] = []
        self._away = away

    async def take(self, events: Collection[EventType]) -> None:
        self.told.append(frozenset(events))
        if len(self.told) <= self._away:
            raise ConnectionError("away")


async def listen_to(
    broker: Broker, monkeypatch: pytest.MonkeyPatch, *wanted: frozenset[EventType]
) -> None:
    """Until each was wanted once, and the last of them some times more."""
    left, asked = list(wanted), asyncio.Event()

    async def next_wanted(_: Any) -> frozenset[EventType]:
        if len(left) > 1:
            return left.pop(0)
        asked.set()
        return left[0]

    monkeypatch.setattr("services.api.handlers.hook_telling.wanted", next_wanted)
    monkeypatch.setattr(hooks, "_COMPARE_EVERY", 0.001)
    task = asyncio.create_task(hooks.listen(None, broker))  # type: ignore[arg-type]
    await asyncio.wait_for(asked.wait(), 5)
    await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_broker_is_told_once_of_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker()
    await listen_to(broker, monkeypatch, NOTHING, NOTHING, SENT, SENT, BOTH, NOTHING)
    assert broker.told == [NOTHING, SENT, BOTH, NOTHING]


async def test_a_broker_that_was_away_is_told_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broker = Broker(away=3)
    with caplog.at_level(logging.INFO):
        await listen_to(broker, monkeypatch, SENT)
    assert broker.told == [SENT] * 4
    assert [record.getMessage() for record in caplog.records] == [
        "Webhooks cannot listen: away",
        "Webhooks listen to: message.sent",
    ]


async def test_what_it_may_have_forgotten_is_said_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "_TELL_AGAIN_AFTER", 0.0)
    wanted, unwanted = Broker(), Broker()
    await listen_to(wanted, monkeypatch, SENT)
    assert len(wanted.told) > 2
    await listen_to(unwanted, monkeypatch, NOTHING)
    assert unwanted.told == [NOTHING]
