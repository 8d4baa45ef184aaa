"""A walk through the ledger: all of the last days, slowly, and what it found at the end."""

from datetime import datetime, timedelta

from prometheus_client import REGISTRY

from services.sender.domain.verdicts import ON_ITS_WAY
from services.sender.handlers.walking import BETWEEN_STRETCHES, LOOK_BACK, walk
from services.sender.ports import Stretch
from shared.domain.message_id import MessageIds, born_at, first_id
from tests.unit.services.sender.fakes import START, Clock

STRETCHES = [Stretch(10, 1, 0), Stretch(20, 0, 2), Stretch(25, 2, 0), Stretch(None, 0, 0)]


class Ledger:
    def __init__(self, stretches: list[Stretch]) -> None:
        self.left = list(stretches)
        self.asked: list[int] = []
        self.due_before: datetime | None = None

    async def stretch(self, after: int, limit: int, due_before: datetime) -> Stretch:
        self.asked.append(after)
        self.due_before = due_before
        return self.left.pop(0)


async def walked(stretches: list[Stretch]) -> tuple[Ledger, list[float]]:
    ledger, rests = Ledger(stretches), list[float]()

    async def rest(seconds: float) -> None:
        rests.append(seconds)

    await walk(ledger, Clock(), rest)
    return ledger, rests


async def test_it_goes_from_stretch_to_stretch_and_tells_the_sum() -> None:
    ledger, rests = await walked(STRETCHES)
    assert ledger.asked == [first_id(START - LOOK_BACK) - 1, 10, 20, 25]
    assert ledger.due_before == START - ON_ITS_WAY
    assert len(rests) == 3
    assert min(rests) >= BETWEEN_STRETCHES
    assert REGISTRY.get_sample_value("carillon_sender_stale_claims") == 3
    assert REGISTRY.get_sample_value("carillon_sender_overdue_retries") == 2
    await walked([Stretch(None, 0, 0)])
    assert REGISTRY.get_sample_value("carillon_sender_stale_claims") == 0


def test_nobody_of_the_last_days_is_left_out() -> None:
    since = START - LOOK_BACK
    [first] = MessageIds(0).take(1, int(since.timestamp() * 1000))
    assert first == first_id(since)
    assert born_at(first_id(since)) == since
    assert first_id(since) > MessageIds(31).take(1, int(since.timestamp() * 1000) - 1)[0]
    assert first_id(datetime.fromtimestamp(0, START.tzinfo) + timedelta(days=1)) == 0
