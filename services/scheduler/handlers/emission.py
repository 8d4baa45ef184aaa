"""Emits: takes clients from open waves, writes them down, tells the senders and the books.

**The row is its own outbox.** One transaction writes the messages and a batch that names them;
only then is anything published, with confirms; only then is the batch forgotten. A crash in
between publishes the same commands again, and the senders' ledger absorbs them. So a batch found
in the store is one that may not have been published, and is published first of all.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from services.scheduler.domain.envelopes import Ready, envelopes
from services.scheduler.domain.turns import advances, waves_for_a_turn
from services.scheduler.domain.waves import Phase, opening_at
from services.scheduler.ports import Batch, BatchKind, Member, Messages, Outlet, Room
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# Messages in one transaction: large enough that the transaction costs little per message, small
# enough that another mailing's turn comes within tens of milliseconds.
TURN = 1_000
# Rows that only say why nobody was contacted; nothing waits for them.
SETTLING_TURN = 2_000


class Round(Enum):
    """What a round of turns came to."""

    NOTHING = "no wave is open"
    HELD_BACK = "the senders have enough to do"
    DONE = "something was emitted"


class Emitter:
    def __init__(
        self, messages: Messages, outlet: Outlet, room: Room, clock: Clock, *, per_envelope: int
    ) -> None:
        self._messages = messages
        self._outlet = outlet
        self._room = room
        self._clock = clock
        self._per_envelope = per_envelope

    async def recover(self) -> None:
        """Publishes what a crash, or the broker's absence, has left unpublished."""
        for batch in await self._messages.unpublished():
            log.info("Publishing a batch again", extra=facts("recover", batch=batch.id))
            await self.publish(batch)

    async def emit_round(self) -> Round:
        """One turn for every mailing with an open wave, as far as there is room."""
        outcome = Round.NOTHING
        for mailing in await self._messages.mailings_in(Phase.OPEN):
            room = await self._room.envelopes(urgent=is_urgent(mailing))
            if room > 0:
                await self._turn(mailing, Phase.OPEN, min(TURN, room * self._per_envelope))
                outcome = Round.DONE
            elif outcome is Round.NOTHING:
                outcome = Round.HELD_BACK
        return outcome

    async def settle_round(self) -> bool:
        """One turn for every mailing with waves that will open no more; whether there were any."""
        mailings = await self._messages.mailings_in(Phase.SETTLING)
        for mailing in mailings:
            await self._turn(mailing, Phase.SETTLING, SETTLING_TURN)
        return bool(mailings)

    async def _turn(self, mailing: MailingChanged, phase: Phase, limit: int) -> None:
        waves = await self._messages.waves_in(mailing.mailing_id, phase)
        if phase is Phase.SETTLING:
            waves = [wave for wave in waves if wave.reason == waves[0].reason]
        taken = list(waves_for_a_turn(waves, limit))
        if not taken:
            return
        picked = await self._messages.pick(mailing, taken, limit)
        done = advances(taken, picked, limit)
        kind, reason = _kind(mailing, phase), taken[0].reason
        now = self._clock.now()
        batch = await self._messages.write(mailing, kind, reason, picked, done, now)
        if batch is not None:
            await self.publish(batch)

    async def publish(self, batch: Batch) -> None:
        now = self._clock.now()
        if batch.kind == "queued":
            ready = _ready(batch, now)
            packed = list(envelopes(batch.mailing, ready, self._per_envelope))
            await self._outlet.send(packed, urgent=is_urgent(batch.mailing))
        await self._outlet.tell(_events(batch, now))
        await self._messages.published(batch)


def _kind(mailing: MailingChanged, phase: Phase) -> BatchKind:
    if phase is Phase.OPEN:
        return "queued"
    return "cancelled" if mailing.state == "cancelled" else "expired"


def is_urgent(mailing: MailingChanged) -> bool:
    return mailing.spec.priority == "urgent"


def _ready(batch: Batch, now: datetime) -> Iterable[Ready]:
    """Every member with the instant its client's window closes. When it has closed since, the
    senders give the message back at once, and it waits for its next window."""
    closings: dict[str, datetime] = {}
    for member in batch.members:
        zone = member.client.zone
        if zone not in closings:
            opening = opening_at(batch.mailing, zone, now)
            closings[zone] = now if opening is None else opening.closes_at
        yield _as_ready(member, closings[zone])


def _as_ready(member: Member, not_after: datetime) -> Ready:
    return Ready(
        message_id=member.message_id,
        client_id=member.client_id,
        client_revision=member.client_revision,
        address=member.address,
        zone=member.zone,
        dispatch=member.dispatch,
        not_after=not_after,
    )


def _events(batch: Batch, now: datetime) -> DeliveryEvents:
    return DeliveryEvents(
        kind=batch.kind,
        events=tuple(
            DeliveryEvent(
                message_id=member.message_id,
                mailing_id=batch.mailing.mailing_id,
                client_id=member.client_id,
                timezone=member.zone,
                dispatch=member.dispatch,
                kind=batch.kind,
                at=now,
                reason=batch.reason,
            )
            for member in batch.members
        ),
    )
