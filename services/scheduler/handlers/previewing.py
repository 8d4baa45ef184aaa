"""Answers what a mailing's plan is: of one that is only thought of, or of one under way.

Read only, so any replica answers. What is asked of the database does not grow with the clients: it
is counts, and at most some hundreds of clients to look at.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.scheduler.domain.plan import (
    Plan,
    WaveNow,
    ZonePlan,
    plan,
    rate_of,
    waves_to_be,
    without_blocked,
    zone_plans,
)
from services.scheduler.domain.revisions import is_frozen
from services.scheduler.domain.sampling import spread
from services.scheduler.domain.schedules import schedule_of
from services.scheduler.domain.texts import Sample, SampledClient, report, sample
from services.scheduler.domain.waves import Phase, Rest, Standing, judge
from shared.contracts.mailings import FilterSpec, MailingChanged, MailingSpec
from shared.domain.templates import BadTemplate, Template, template
from shared.runtime.clock import Clock

# Enough that one client in fifty who lacks a value is all but surely seen.
LOOKED_AT = 200
SHOWN = 3
# Two seconds, seconds.
LOOKS, LOOK_EVERY = 40, 0.05


class UnknownClient(Exception):
    """The client asked for is not in the copy, or deleted."""


@dataclass(frozen=True, slots=True)
class WaveRecord:
    """A wave as it is kept."""

    zone: str
    phase: Phase
    size: int
    rows: int
    opens_at: datetime | None
    closes_at: datetime | None
    begun_at: datetime | None
    rest: Rest
    reason: str | None
    cursor: int = 0


@dataclass(frozen=True, slots=True)
class Launched:
    """A mailing as it is planned; ``left_out``: rows that we ended, by zone, then by reason."""

    mailing: MailingChanged
    waves: Sequence[WaveRecord]
    left_out: Mapping[str, Mapping[str, int]]


class Counts(Protocol):
    async def count_by_zone(self, filter_: FilterSpec) -> dict[str, int]: ...


class Readings(Protocol):
    async def clients_position(self) -> int:
        """Of the last event about clients that the copy holds."""
        ...

    async def revision(self, mailing_id: int) -> int | None:
        """That the plan of a mailing has; None when it is unknown."""
        ...

    async def pace(self, channel: str) -> float | None:
        """Commands a second, when the senders were last kept busy; None before that."""
        ...

    async def some(
        self, filter_: FilterSpec, seats: Mapping[str, int], frozen_in: int | None
    ) -> list[SampledClient]:
        """As many clients of each zone, by the filter or of a mailing's frozen audience."""
        ...

    async def blocked(self, mailing: MailingChanged, behind: Mapping[str, int]) -> dict[str, int]:
        """How many of a zone's clients who are blocked have no row, behind a client of each zone.
        Costs what there are of them, whatever the number of clients."""
        ...

    async def client(self, client_id: int) -> SampledClient | None:
        """None when they are unknown or deleted."""
        ...

    async def launched(self, mailing_id: int) -> Launched | None: ...


class Previews:
    def __init__(self, counts: Counts, readings: Readings, clock: Clock) -> None:
        self._counts = counts
        self._readings = readings
        self._clock = clock

    async def catch_up(self, position: int | None) -> bool:
        """Whether the copy holds all up to this position of the events about clients. Somebody
        who has just imported them would rather wait a moment than see the plan of before."""
        if position is None:
            return True

        async def holds_it() -> bool:
            return await self._readings.clients_position() >= position

        return await _waited_for(holds_it)

    async def catch_up_with(self, mailing_id: int, revision: int | None) -> bool:
        """Whether the plan is of this revision of the mailing: somebody who has just changed it
        must not be shown what it said before. Nobody waits for one that is unknown."""
        if revision is None:
            return True

        async def has_it() -> bool:
            planned = await self._readings.revision(mailing_id)
            return planned is None or planned >= revision

        return await _waited_for(has_it)

    async def preview(self, spec: MailingSpec, client_id: int | None) -> Plan:
        """As if it were launched now. Raises BadTemplate, BadWindow, UnknownClient."""
        read = template(spec.text)
        schedule_of(spec)  # its faults show here, even with nobody in the audience
        now = self._clock.now()
        mailing = MailingChanged(
            mailing_id=0, revision=0, state="scheduled", changed_at=now, spec=spec
        )
        counts = await self._counts.count_by_zone(spec.filter)
        waves = await asyncio.to_thread(waves_to_be, mailing, counts, now)
        return await self._plan(mailing, waves, {}, read, client_id, now)

    async def of_mailing(self, mailing_id: int, client_id: int | None) -> Plan | None:
        """None when the mailing is unknown. Raises UnknownClient."""
        found = await self._readings.launched(mailing_id)
        if found is None:
            return None
        now = self._clock.now()
        waves = await asyncio.to_thread(_waves_now, found, now)
        read = _template_or_none(found.mailing.spec.text)
        cursors = {wave.zone: wave.cursor for wave in found.waves}
        return await self._plan(found.mailing, waves, cursors, read, client_id, now)

    async def _plan(
        self,
        mailing: MailingChanged,
        waves: Sequence[WaveNow],
        cursors: Mapping[str, int],
        read: Template | None,
        client_id: int | None,
        now: datetime,
    ) -> Plan:
        behind = {wave.zone: cursors.get(wave.zone, 0) for wave in waves if wave.to_come}
        waves = without_blocked(waves, await self._readings.blocked(mailing, behind))
        rate = rate_of(mailing, await self._readings.pace(mailing.spec.channel))
        samples = await self._samples(mailing, waves, read)
        shown = samples[:SHOWN] if client_id is None else [await self._one(read, client_id)]
        # A second's work at worst, for which the other loops of this process must not wait.
        zones: list[ZonePlan] = await asyncio.to_thread(zone_plans, mailing, waves, rate, now)
        return plan(mailing, zones, rate, report(read, samples), shown, now)

    async def _samples(
        self, mailing: MailingChanged, waves: Sequence[WaveNow], read: Template | None
    ) -> list[Sample]:
        if read is None:
            return []
        # What was never launched was never frozen: its audience is who matches now.
        frozen_in = (mailing.mailing_id or None) if is_frozen(mailing.spec) else None
        most = SHOWN if read.is_plain else LOOKED_AT
        by_size = sorted(waves, key=lambda wave: (-wave.size, wave.zone))
        seats = spread({wave.zone: wave.size for wave in by_size}, most)
        clients = await self._readings.some(mailing.spec.filter, seats, frozen_in)
        return [sample(read, client) for client in clients]

    async def _one(self, read: Template | None, client_id: int) -> Sample:
        client = await self._readings.client(client_id)
        if client is None:
            raise UnknownClient
        return Sample(client_id, client.timezone) if read is None else sample(read, client)


async def _waited_for(so: Callable[[], Awaitable[bool]]) -> bool:
    for _ in range(LOOKS):
        if await so():
            return True
        await asyncio.sleep(LOOK_EVERY)
    return False


def _template_or_none(text: str) -> Template | None:
    """None for a text that once was a template and is none any more: nobody can be sent it."""
    try:
        return template(text)
    except BadTemplate:
        return None


def _waves_now(launched: Launched, now: datetime) -> list[WaveNow]:
    """Those that anybody is or was in."""
    return [
        WaveNow(
            zone=wave.zone,
            phase=wave.phase,
            size=wave.size,
            rows=wave.rows,
            standing=_standing(launched.mailing, wave, now),
            begun_at=wave.begun_at,
            left_out=launched.left_out.get(wave.zone, {}),
        )
        for wave in launched.waves
        if wave.size or wave.rows
    ]


def _standing(mailing: MailingChanged, wave: WaveRecord, now: datetime) -> Standing:
    """A wave that waits or is open stands as it would be judged now: also while the mailing is
    paused, as if it were resumed at once."""
    if wave.phase in (Phase.PENDING, Phase.OPEN):
        return judge(mailing, wave.zone, now, begun_at=wave.begun_at)
    return Standing(wave.phase, wave.opens_at, wave.closes_at, wave.rest, wave.reason)
