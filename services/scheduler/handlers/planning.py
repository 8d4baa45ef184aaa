"""Plans mailings: which zones, how many clients, when each opens."""

import logging
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from services.scheduler.domain.waves import Phase, Standing, judge
from services.scheduler.metrics import OPENING_DELAY
from services.scheduler.ports import Directory, DueWave, PlannedWave, Plans
from shared.contracts.directory import ClientsChanged
from shared.contracts.mailings import MailingChanged
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

DUE_AT_ONCE = 1_000  # waves judged in one go: all zones of two mailings


class Planner:
    def __init__(self, directory: Directory, plans: Plans, clock: Clock) -> None:
        self._directory = directory
        self._plans = plans
        self._clock = clock

    async def on_clients_changed(self, event: ClientsChanged) -> None:
        zones = sorted({client.timezone for client in event.clients if not client.deleted})
        unknown = await self._directory.unknown_zones(zones)
        growing = await self._plans.growing() if unknown else []
        waves = {mailing.mailing_id: self._empty_waves(mailing, unknown) for mailing in growing}
        await self._directory.apply(event.clients, waves)

    def _empty_waves(self, mailing: MailingChanged, zones: list[str]) -> list[PlannedWave]:
        """Waves for zones that first appear after launch; one that missed its window is none."""
        now = self._clock.now()
        judged = ((zone, judge(mailing, zone, now, begun=False)) for zone in zones)
        return [PlannedWave(z, 0, s.planned()) for z, s in judged if s.phase is not Phase.SETTLING]

    async def on_mailing_changed(self, mailing: MailingChanged) -> None:
        """Every revision is planned afresh; who has a row keeps it."""
        if await self._plans.revision(mailing.mailing_id) >= mailing.revision:
            return
        counts = await self._directory.count_by_zone(mailing.spec.filter)
        now = self._clock.now()
        waves = [
            PlannedWave(zone, size, judge(mailing, zone, now, begun=False).planned())
            for zone, size in counts.items()
        ]
        await self._plans.save(mailing, waves)
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

    async def move_due_waves(self) -> bool:
        """Opens and closes the waves whose instant has come; whether there were any."""
        now = self._clock.now()
        due = await self._plans.due(now, DUE_AT_ONCE)
        for wave in due:
            if wave.phase is Phase.PENDING:
                OPENING_DELAY.observe((now - wave.due_at).total_seconds())
        for mailing, waves in _by_mailing(due):
            await self._plans.move(mailing, _standings(waves, now), now)
        return bool(due)


def _standings(waves: Iterable[DueWave], now: datetime) -> dict[str, Standing]:
    return {
        wave.zone: judge(wave.mailing, wave.zone, now, begun=wave.phase is Phase.OPEN)
        for wave in waves
    }


def _by_mailing(due: list[DueWave]) -> Iterable[tuple[MailingChanged, list[DueWave]]]:
    in_order = sorted(due, key=lambda wave: wave.mailing.mailing_id)
    for _, group in groupby(in_order, key=lambda wave: wave.mailing.mailing_id):
        waves = list(group)
        yield waves[0].mailing, waves
