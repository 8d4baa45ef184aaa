"""Emits: takes clients from open waves, and messages that came back, as fast as they may go.

A round gives turns in both lanes, urgent mailings first, to whoever is furthest behind; it is
short, so that news is heard between two of them. Whoever will never be sent to is written down in
rounds of their own, which need no room at the senders.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from services.scheduler.domain.returned import BLOCKED
from services.scheduler.domain.schedules import is_over
from services.scheduler.domain.sharing import Sharing, Taken, claim_of, is_urgent
from services.scheduler.domain.turns import Picked, advances, waves_for_a_turn
from services.scheduler.domain.waves import Phase
from services.scheduler.domain.wording import Unfit, is_plain, own_text
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.returning import Returns
from services.scheduler.ports import QUEUED, Fate, Held, Messages, Room
from shared.contracts.mailings import MailingChanged
from shared.runtime.clock import Clock

# Turns of a lane in one round: the other lane, and news, wait for no more than that.
TURNS_IN_A_ROUND = 8
# Rows that only say why nobody was contacted; nothing waits for them.
SETTLING_TURN = 2_000


class Round(Enum):
    """What a round of turns came to, from the least to the most."""

    NOTHING = "nothing is to be emitted"
    PACED = "no mailing may go faster"
    HELD_BACK = "the senders have enough to do"
    DONE = "something was emitted"


_RANK = list(Round)


@dataclass(frozen=True, slots=True)
class AtWork:
    """A mailing with something to emit: clients of open waves, messages that came back, or both."""

    mailing: MailingChanged
    has_waves: bool
    returned: Sequence[Held] = ()


class Emitter:
    """``monotonic``: seconds, for the rates of mailings."""

    def __init__(
        self,
        messages: Messages,
        publishing: Publishing,
        returns: Returns,
        room: Room,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._messages = messages
        self._publishing = publishing
        self._returns = returns
        self._room = room
        self._clock = clock
        self._monotonic = monotonic
        self._lanes = {True: Sharing(), False: Sharing()}

    async def emit_round(self) -> Round:
        """A few turns in either lane, as far as there is room."""
        at_work = await self._at_work()
        urgent = [each for each in at_work if is_urgent(each.mailing)]
        others = [each for each in at_work if not is_urgent(each.mailing)]
        outcomes = (await self._lane(urgent, urgent=True), await self._lane(others, urgent=False))
        return max(outcomes, key=_RANK.index)

    async def _at_work(self) -> list[AtWork]:
        with_waves = await self._messages.mailings_in(Phase.OPEN)
        returned: dict[int, list[Held]] = defaultdict(list)
        for held in await self._messages.holding(self._clock.now()):
            returned[held.mailing.mailing_id].append(held)
        waves = _ids(with_waves)
        whole = {n: of_it[0].mailing for n, of_it in returned.items()}
        mailings = whole | {mailing.mailing_id: mailing for mailing in with_waves}
        return [AtWork(m, n in waves, returned.get(n, ())) for n, m in mailings.items()]

    async def _lane(self, at_work: Sequence[AtWork], *, urgent: bool) -> Round:
        sharing = self._lanes[urgent]
        waiting = {each.mailing.mailing_id: each for each in at_work}
        sharing.forget_others(waiting.keys(), self._monotonic())
        outcome = Round.HELD_BACK if waiting else Round.NOTHING
        for _ in range(TURNS_IN_A_ROUND):
            room = await self._room.envelopes(urgent=urgent) if waiting else 0
            if room <= 0:
                return outcome
            claims = [claim_of(each.mailing) for each in waiting.values()]
            commands = room * self._publishing.per_envelope
            turn = sharing.next_turn(claims, commands, self._monotonic())
            if turn is None:
                return outcome if outcome is Round.DONE else Round.PACED
            taken = await self._turn(waiting[turn.claim.mailing_id], turn.limit)
            sharing.took(turn, taken)
            if taken.handled > 0:
                outcome = Round.DONE
            if taken.handled < turn.limit:  # there may be no more
                del waiting[turn.claim.mailing_id]
        return outcome

    async def _turn(self, at_work: AtWork, limit: int) -> Taken:
        """Those that came back have waited longer than those who were never sent to."""
        taken = Taken()
        for held in at_work.returned:
            if taken.handled < limit:
                taken += await self._returns.turn(held, limit - taken.handled)
        if at_work.has_waves and taken.handled < limit:
            left = limit - taken.handled
            taken += await self._take(at_work.mailing, Phase.OPEN, left, _worded)
        return taken

    async def settle_round(self) -> bool:
        """A turn for every mailing with clients who will not be sent to; whether there were any."""
        now = self._clock.now()
        mailings = await self._messages.mailings_in(Phase.SETTLING)
        over = [held for held in await self._messages.holding(now) if is_over(held.mailing, now)]
        for mailing in mailings:
            await self._take(mailing, Phase.SETTLING, SETTLING_TURN, _settled)
        for held in over:
            await self._returns.turn(held, SETTLING_TURN)
        return bool(mailings or over)

    async def _take(
        self, mailing: MailingChanged, phase: Phase, limit: int, fates_of: "FatesOf"
    ) -> Taken:
        now = self._clock.now()
        waves = await self._messages.waves_in(mailing.mailing_id, phase, now)
        taken = list(waves_for_a_turn((w for w in waves if w.reason == waves[0].reason), limit))
        if not taken:
            return Taken()
        found = await self._messages.pick(mailing, taken, limit + 1)  # to know whether it is all
        done, picked = advances(taken, found, limit), found[:limit]
        fates = fates_of(mailing, picked, taken[0].reason)
        batches = await self._messages.write(mailing, phase, fates, done, now)
        for batch in batches:
            await self._publishing.publish(batch)
        emitted = sum(len(batch.members) for batch in batches if batch.fate is QUEUED)
        return Taken(emitted, len(picked))


Fates = Mapping[Fate, Sequence[Picked]]
FatesOf = Callable[[MailingChanged, Sequence[Picked], str | None], Fates]


def _worded(mailing: MailingChanged, picked: Sequence[Picked], _reason: str | None) -> Fates:
    plain = is_plain(mailing.spec.text)
    if plain and not any(each.blocked for each in picked):
        return {QUEUED: picked}
    fates: dict[Fate, list[Picked]] = defaultdict(list, {QUEUED: []})
    for each in picked:
        fate, worded = _fate(mailing, each, plain=plain)
        fates[fate].append(worded)
    return fates


def _fate(mailing: MailingChanged, each: Picked, *, plain: bool) -> tuple[Fate, Picked]:
    """A client lacking what the template names is not sent a text with a hole in it."""
    if each.blocked:
        return Fate("suppressed", BLOCKED), each
    if plain:
        return QUEUED, each
    text = own_text(mailing.spec.text, None, each.recipient)
    if isinstance(text, Unfit):
        return Fate("suppressed", text.reason, text.detail), each
    return QUEUED, each._replace(text=text)


def _settled(mailing: MailingChanged, picked: Sequence[Picked], reason: str | None) -> Fates:
    return {Fate("cancelled" if mailing.state == "cancelled" else "expired", reason): picked}


def _ids(mailings: Iterable[MailingChanged]) -> set[int]:
    return {mailing.mailing_id for mailing in mailings}
