"""Plans mailings: which zones, how many clients, when each opens."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import groupby

from services.scheduler.domain.revisions import (
    Change,
    KeptWave,
    change_of,
    is_frozen,
    reasons_gone,
    starts_over,
    stays_ended,
)
from services.scheduler.domain.waves import Phase, judge_all
from services.scheduler.metrics import OPENING_DELAY
from services.scheduler.ports import Directory, DueWave, PlannedWave, Plans
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.mailings import FilterSpec, MailingChanged
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

DUE_AT_ONCE = 1_000  # waves judged in one go: all zones of two mailings


class Planner:
    def __init__(self, directory: Directory, plans: Plans, clock: Clock) -> None:
        self._directory = directory
        self._plans = plans
        self._clock = clock
        # Changes of the directory, and how many the sizes follow; whoever led before us may have
        # left them behind.
        self._changes, self._followed = 1, 0

    async def on_clients_changed(self, event: ClientsChanged) -> None:
        zones = {client.timezone for client in event.clients if not client.deleted}
        waves = await self._waves_in(zones)
        await self._directory.apply(event.clients, waves, event.position)
        self._changes += 1

    async def on_clients_added(self, event: ClientsAdded) -> None:
        waves = await self._waves_in({kind.timezone for kind in event.kinds})
        await self._directory.add(event, waves)
        self._changes += 1

    async def _waves_in(self, zones: set[str]) -> dict[int, list[PlannedWave]]:
        """Those that are missing, by mailing."""
        unknown = await self._directory.unknown_zones(sorted(zones))
        growing = await self._plans.growing() if unknown else []
        return {mailing.mailing_id: self._empty_waves(mailing, unknown) for mailing in growing}

    def _empty_waves(self, mailing: MailingChanged, zones: list[str]) -> list[PlannedWave]:
        """Waves for zones that first appear after launch; one that missed its window is none."""
        judged = judge_all(mailing, dict.fromkeys(zones), self._clock.now())
        reached = ((z, s) for z, s in judged.items() if s.phase is not Phase.SETTLING)
        return [PlannedWave(zone, 0, standing.shut()) for zone, standing in reached]

    async def on_mailing_changed(self, mailing: MailingChanged) -> None:
        """Plans a revision; what it leaves as it was goes on where it is."""
        known = await self._plans.known(mailing.mailing_id)
        if known is not None and known.revision >= mailing.revision:
            return
        change = change_of(known, mailing)
        if change.freezes:
            await self._directory.freeze(mailing.mailing_id, mailing.spec.filter)
        counts = await self._count(mailing)
        now = self._clock.now()
        plan = partial(_plan, mailing, change, counts, now)
        await self._plans.save(mailing, plan, reasons_gone(change, mailing), now)
        log.info(
            "A mailing was planned",
            extra=facts(
                "plan",
                mailing_id=mailing.mailing_id,
                revision=mailing.revision,
                state=mailing.state,
                clients=sum(counts.values()),
            ),
        )

    async def _count(self, mailing: MailingChanged) -> dict[str, int]:
        if is_frozen(mailing.spec):
            return await self._directory.count_frozen(mailing.mailing_id)
        return await self._directory.count_by_zone(mailing.spec.filter)

    async def follow_directory(self) -> bool:
        """Counts anew for waves that wait, when clients have changed; whether any is another."""
        changes, resized = self._changes, False
        if changes == self._followed:
            return False
        counted: dict[FilterSpec, dict[str, int]] = {}  # a thousand mailings may share a filter
        for mailing in await self._plans.waiting():
            filter_ = mailing.spec.filter
            if is_frozen(mailing.spec):
                sizes = await self._count(mailing)
            elif filter_ in counted:
                sizes = counted[filter_]
            else:
                sizes = counted[filter_] = await self._count(mailing)
            resized = await self._plans.resize(mailing, sizes) or resized
        self._followed = changes
        return resized

    async def move_due_waves(self) -> bool:
        """Opens and closes the waves whose instant has come; whether there were any."""
        now = self._clock.now()
        due = await self._plans.due(now, DUE_AT_ONCE)
        for wave in due:
            if wave.phase is Phase.PENDING and wave.begun_at != wave.due_at:
                OPENING_DELAY.observe((now - wave.due_at).total_seconds())
        for mailing, waves in _by_mailing(due):
            begun = {wave.zone: wave.begun_at for wave in waves}
            await self._plans.move(mailing, judge_all(mailing, begun, now), now)
        return bool(due)


def _plan(
    mailing: MailingChanged,
    change: Change,
    counts: Mapping[str, int],
    now: datetime,
    kept: Mapping[str, KeptWave],
) -> list[PlannedWave]:
    """What to write of the waves; those that stay ended are left out."""
    begun: dict[str, datetime | None] = dict.fromkeys(counts)
    over: set[str] = set()
    for zone in kept.keys() & begun.keys():
        wave = kept[zone]
        if stays_ended(change, wave):
            del begun[zone]
        else:
            begun[zone] = wave.begun_at
            over |= {zone} if starts_over(change, wave) else set()
    paused = mailing.state == "paused"
    return [
        PlannedWave(zone, counts[zone], standing.shut() if paused else standing, zone in over)
        for zone, standing in judge_all(mailing, begun, now).items()
    ]


def _by_mailing(due: list[DueWave]) -> Iterable[tuple[MailingChanged, list[DueWave]]]:
    in_order = sorted(due, key=lambda wave: wave.mailing.mailing_id)
    for _, group in groupby(in_order, key=lambda wave: wave.mailing.mailing_id):
        waves = list(group)
        yield waves[0].mailing, waves
