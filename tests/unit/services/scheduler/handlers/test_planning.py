"""What a plan writes of its waves: which are opened with it, and which are left alone."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from services.scheduler.domain.revisions import KeptWave
from services.scheduler.domain.waves import Phase
from services.scheduler.handlers.planning import Planner
from services.scheduler.ports import Directory, MakePlan, PlannedWave, Plans
from shared.contracts.mailings import FilterSpec, MailingChanged
from tests.support.examples import mailing
from tests.support.moving_clock import MovingClock

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN: dict[str, Any] = {"starts_at": TEN - HOUR, "ends_at": TEN + 9 * HOUR}


class Counts:
    """So many clients in each zone."""

    def __init__(self, **clients: int) -> None:
        self.clients = clients

    async def count_by_zone(self, _: FilterSpec) -> dict[str, int]:
        return self.clients


class Waves:
    """What there is of a mailing's waves, and what is planned of them."""

    def __init__(self, known: MailingChanged | None, kept: Mapping[str, KeptWave]) -> None:
        self._known = known
        self._kept = kept
        self.planned: dict[str, PlannedWave] = {}

    async def known(self, _: int) -> MailingChanged | None:
        return self._known

    async def save(self, _: MailingChanged, plan: MakePlan, *__: Any) -> None:
        self.planned = {wave.zone: wave for wave in plan(self._kept)}


async def planned(
    it: MailingChanged,
    known: MailingChanged | None = None,
    kept: Mapping[str, KeptWave] | None = None,
    **clients: int,
) -> Mapping[str, PlannedWave]:
    clock = MovingClock()
    clock.by = TEN - datetime.now(UTC)
    waves = Waves(known, kept or {})
    counts = Counts(**clients or {"UTC": 3})
    planner = Planner(cast(Directory, counts), cast(Plans, waves), clock)
    await planner.on_mailing_changed(it)
    return waves.planned


def phases(waves: Mapping[str, PlannedWave]) -> dict[str, Phase]:
    return {zone: wave.standing.phase for zone, wave in waves.items()}


async def test_a_wave_that_is_due_is_opened_with_its_plan() -> None:
    window = {"from": "12:00", "to": "20:00"}
    waves = await planned(mailing(1, **OPEN, window=window), EET=3, UTC=2)
    assert phases(waves) == {"EET": Phase.OPEN, "UTC": Phase.PENDING}
    assert [wave.size for wave in waves.values()] == [3, 2]


async def test_nothing_opens_while_the_mailing_is_paused() -> None:
    it = mailing(1, state="paused", **OPEN)
    assert phases(await planned(it)) == {"UTC": Phase.PENDING}


async def test_one_that_was_taken_to_its_end_is_left_alone() -> None:
    kept = {"UTC": KeptWave(Phase.ENDED, "waiting", TEN)}
    before = mailing(1, **OPEN)
    again = mailing(1, revision=2, **OPEN | {"text": "Another"})
    assert await planned(again, before, kept, UTC=3, EET=2) == await planned(again, EET=2)


async def test_one_that_means_other_people_starts_over() -> None:
    kept = {"UTC": KeptWave(Phase.ENDED, "waiting", TEN)}
    before = mailing(1, **OPEN)
    again = mailing(1, revision=2, **OPEN, filter={"operator_codes": ["916"]})
    waves = await planned(again, before, kept)
    assert phases(waves) == {"UTC": Phase.OPEN}
    assert waves["UTC"].starts_over


async def test_one_that_has_begun_goes_on_however_late() -> None:
    late = OPEN | {"max_lateness": 30}
    kept = {"UTC": KeptWave(Phase.OPEN, "waiting", TEN - HOUR)}
    waves = await planned(mailing(1, revision=2, **late), mailing(1, **late), kept, UTC=3, EET=2)
    assert phases(waves) == {"UTC": Phase.OPEN, "EET": Phase.SETTLING}
    assert not waves["UTC"].starts_over
