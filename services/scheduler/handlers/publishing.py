"""Tells the senders and the books what was written down.

**The row is its own outbox.** One transaction writes the messages and a batch that names them;
only then is anything published, with confirms; only then is the batch forgotten. A crash in
between publishes the same commands again, and the senders' ledger absorbs them. So a batch found
in the store is one that may not have been published, and is published first of all.

What is published again must be what was perhaps published before. So a batch remembers what it
was written from, and whoever has changed since, or belongs to an opening that has closed, is not
published but goes the way of the messages that the senders give back: under the next dispatch.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.scheduler.domain.envelopes import Ready, envelopes
from services.scheduler.domain.sharing import is_urgent
from services.scheduler.domain.waves import openings_at
from services.scheduler.domain.wording import Unfit, own_text
from services.scheduler.ports import Batch, Member, Messages, Outlet
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.domain.local_time import Opening
from shared.runtime.clock import Clock
from shared.runtime.database import is_transient
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# A batch is published as soon as it is written, or after those that were written with it; what the
# broker has not confirmed in this time is given up, and so left behind.
LEFT_AFTER = timedelta(seconds=5)


class Publishing:
    def __init__(
        self, messages: Messages, outlet: Outlet, clock: Clock, *, per_envelope: int
    ) -> None:
        self._messages = messages
        self._outlet = outlet
        self._clock = clock
        self.per_envelope = per_envelope
        self._in_hand: set[int] = set()
        self._failing: set[int] = set()
        self._recovering = asyncio.Lock()

    async def recover(self) -> None:
        """Publishes what a crash, or the broker's absence, has left unpublished."""
        await self._publish_again(written_before=None)

    async def recover_left(self) -> bool:
        """Publishes what somebody has left unpublished while others are being published; whether
        there was anything."""
        return await self._publish_again(written_before=self._clock.now() - LEFT_AFTER)

    async def _publish_again(self, written_before: datetime | None) -> bool:
        done = False
        async with self._recovering:  # what another has just published is not in the store then
            for batch in await self._messages.unpublished(self._clock.now(), written_before):
                if batch.id not in self._in_hand:
                    done = await self._published_again(batch) or done
        return done

    async def _published_again(self, batch: Batch) -> bool:
        """One that cannot be published, by some fault of ours, holds up no other."""
        try:
            await self.publish(batch)
        except Exception as error:
            if is_transient(error):
                raise
            if batch.id not in self._failing:
                log.exception("A batch fails each time", extra=facts("recover", batch=batch.id))
            self._failing.add(batch.id)
            return False
        self._failing.discard(batch.id)
        log.info("A batch was published again", extra=facts("recover", batch=batch.id))
        return True

    async def publish(self, batch: Batch) -> None:
        self._in_hand.add(batch.id)
        try:
            await self._publish(batch)
        finally:
            self._in_hand.discard(batch.id)

    async def _publish(self, batch: Batch) -> None:
        now = self._clock.now()
        members = batch.members
        if batch.fate.kind == "queued":
            members = await self._send(batch, now)
        if members:
            await self._outlet.tell(_events(batch, members))
        await self._messages.published(batch)

    async def _send(self, batch: Batch, now: datetime) -> Sequence[Member]:
        """Those whom it sent to: the openings of the others are not what they were."""
        mailing, openings = batch.mailing, _openings(batch, now)
        ready: list[Ready] = []
        sent: list[Member] = []
        missed: list[Member] = []
        for member in batch.members:
            text = own_text(mailing.spec.text, member.text, member.recipient)
            if member.client.zone not in openings or isinstance(text, Unfit):
                missed.append(member)
            else:
                sent.append(member)
                ready.append(_ready(member, text))
        if missed:
            await self._messages.take_back(batch, missed, now)
        packed = list(envelopes(mailing, ready, openings, self.per_envelope))
        await self._outlet.send(packed, urgent=is_urgent(mailing))
        return sent


def _openings(batch: Batch, now: datetime) -> dict[str, Opening]:
    """By the clients' zones, the openings that are open now and were when the batch was written:
    what was left unpublished a day ago may be late for today's."""
    zones = {member.client.zone for member in batch.members}
    found = openings_at(batch.mailing, zones, now)
    return {
        zone: opening for zone, opening in found.items() if opening.opens_at <= batch.written_at
    }


def _ready(member: Member, text: str | None) -> Ready:
    return Ready(
        message_id=member.message_id,
        client_id=member.client_id,
        client_revision=member.client_revision,
        address=member.address,
        zone=member.zone,
        client_zone=member.client.zone,
        dispatch=member.dispatch,
        text=text,
        text_revision=member.text_revision or 0,
    )


def _events(batch: Batch, members: Sequence[Member]) -> DeliveryEvents:
    """At the moment they were written down: told again, they say the same."""
    fate = batch.fate
    events = tuple(
        DeliveryEvent(
            message_id=member.message_id,
            mailing_id=batch.mailing.mailing_id,
            client_id=member.client_id,
            timezone=member.zone,
            dispatch=member.dispatch,
            kind=fate.kind,
            at=batch.written_at,
            reason=fate.reason,
            detail=fate.detail,
        )
        for member in members
    )
    return DeliveryEvents(kind=fate.kind, events=events)
