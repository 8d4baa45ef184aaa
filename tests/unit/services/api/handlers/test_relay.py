"""The relay loses nothing and keeps the order, whatever the broker confirms."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from services.api.domain.outbox import OutboxRow
from services.api.handlers.relay import relay_batch

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass
class FakeLane:
    rows: list[OutboxRow]

    async def due(self) -> list[OutboxRow]:
        return list(self.rows)

    async def forget(self, ids: Sequence[int]) -> None:
        self.rows = [row for row in self.rows if row.id not in ids]

    async def wait(self) -> None:
        raise AssertionError("a batch never waits")


@dataclass
class FakeBroker:
    """Refuses the bodies in ``refused``."""

    refused: dict[bytes, Exception] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)

    async def publish(self, exchange: str, key: str, body: bytes) -> None:
        assert (exchange, key) == ("carillon.events", "client.changed")
        if body in self.refused:
            raise self.refused[body]
        self.taken.append(body)


def lane(count: int) -> FakeLane:
    return FakeLane(
        [
            OutboxRow(number, "carillon.events", "client.changed", str(number).encode(), NOW)
            for number in range(1, count + 1)
        ]
    )


async def test_what_is_confirmed_is_forgotten() -> None:
    rows, broker = lane(3), FakeBroker()
    assert (await relay_batch(rows, broker)).messages == 3
    assert broker.taken == [b"1", b"2", b"3"]
    assert rows.rows == []


async def test_nothing_due_is_nothing_done() -> None:
    assert (await relay_batch(lane(0), FakeBroker())).messages == 0


async def test_from_the_first_failure_on_all_goes_again() -> None:
    rows, broker = lane(4), FakeBroker({b"2": ConnectionError("away")})
    relayed = await relay_batch(rows, broker)
    assert (relayed.messages, str(relayed.failure)) == (1, "away")
    assert [row.id for row in rows.rows] == [2, 3, 4]
    broker.refused.clear()
    await relay_batch(rows, broker)
    assert broker.taken == [b"1", b"3", b"4", b"2", b"3", b"4"]


async def test_a_bug_is_raised_after_what_was_confirmed_is_forgotten() -> None:
    rows = lane(2)
    with pytest.raises(ZeroDivisionError):
        await relay_batch(rows, FakeBroker({b"2": ZeroDivisionError()}))
    assert [row.id for row in rows.rows] == [2]
