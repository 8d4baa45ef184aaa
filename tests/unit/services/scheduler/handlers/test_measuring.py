"""How fast the senders are: only uninterrupted work tells."""

from datetime import UTC, datetime

import pytest

from services.scheduler.handlers.emission import Round
from services.scheduler.handlers.measuring import Measuring
from shared.runtime.clock import SystemClock


class Bench:
    """Senders that take so much, and a measuring that looks every tenth of a second."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.taken = 0.0
        self.kept: list[tuple[str, float]] = []
        self.measuring = Measuring(self, self, SystemClock(), monotonic=lambda: self.seconds)

    def commands_taken(self) -> float:
        return self.taken

    async def keep(self, channel: str, per_second: float, now: datetime) -> None:
        assert now.tzinfo is UTC
        self.kept.append((channel, per_second))

    async def work(self, seconds: float, per_second: float, *outcomes: Round) -> None:
        for tick in range(int(seconds * 10)):
            await self.measuring.note(outcomes[tick % len(outcomes)])
            self.seconds += 0.1
            self.taken += per_second / 10


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_senders_kept_busy_are_measured_every_few_seconds(bench: Bench) -> None:
    await bench.work(10, 1_200, Round.DONE, Round.HELD_BACK)
    assert [channel for channel, _ in bench.kept] == ["sms"] * 3
    assert [rate for _, rate in bench.kept] == pytest.approx([1_200] * 3)


@pytest.mark.parametrize("pause", [Round.NOTHING, Round.PACED])
async def test_a_mailing_that_may_not_go_faster_tells_nothing(bench: Bench, pause: Round) -> None:
    for _ in range(10):
        await bench.work(1, 100, Round.DONE)
        await bench.work(1, 0, pause)
    assert not bench.kept


async def test_senders_that_are_away_are_no_pace_to_plan_by(bench: Bench) -> None:
    await bench.work(10, 0, Round.HELD_BACK)
    assert not bench.kept
