"""Accounts for members of a frozen audience whom no wave has found.

Waves take members by the zone they live in when it opens. Whoever was deleted since the launch, or
moved into a zone whose wave had been taken, is in none of them: when all waves have ended they get
a row that says so, and the books end with exactly as many as were frozen.
"""

from collections import defaultdict
from collections.abc import Sequence

from services.scheduler.domain.returned import CLIENT_DELETED
from services.scheduler.domain.turns import Advance, Picked
from services.scheduler.domain.waves import MAILING_CANCELLED, Phase
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.ports import Fate, LeftOver, Leftovers, Messages
from shared.contracts.mailings import MailingChanged
from shared.runtime.clock import Clock

ZONE_CHANGED = "zone_changed"
AT_ONCE = 2_000


class Sweeper:
    def __init__(
        self, leftovers: Leftovers, messages: Messages, publishing: Publishing, clock: Clock
    ) -> None:
        self._leftovers = leftovers
        self._messages = messages
        self._publishing = publishing
        self._clock = clock

    async def sweep_round(self) -> bool:
        """Sweeps up after every mailing that has come to its end; whether there were any."""
        mailings = await self._leftovers.unswept()
        for mailing in mailings:
            await self._sweep(mailing)
        return bool(mailings)

    async def _sweep(self, mailing: MailingChanged) -> None:
        after = 0
        while found := await self._leftovers.left_over(mailing.mailing_id, after, AT_ONCE):
            await self._end(mailing, found)
            after = found[-1].client_id
        await self._leftovers.swept(mailing)

    async def _end(self, mailing: MailingChanged, found: Sequence[LeftOver]) -> None:
        fates: dict[Fate, list[Picked]] = defaultdict(list)
        for each in found:
            picked = Picked(each.zone, each.client_id, each.client_revision, address="")
            fates[_fate(mailing, each)].append(picked)
        cursors = {each.zone: each.cursor for each in found}
        done = [Advance(zone, cursor, ended=True) for zone, cursor in cursors.items()]
        now = self._clock.now()
        for batch in await self._messages.write(mailing, Phase.ENDED, fates, done, now):
            await self._publishing.publish(batch)


def _fate(mailing: MailingChanged, left_over: LeftOver) -> Fate:
    if left_over.deleted:
        return Fate("cancelled", CLIENT_DELETED)
    if mailing.state == "cancelled":
        return Fate("cancelled", MAILING_CANCELLED)
    return Fate("expired", ZONE_CHANGED)
