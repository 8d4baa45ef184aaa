"""Messages that came back from the senders: held, judged again, emitted anew or ended."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from services.scheduler.domain.returned import Emit, End, HoldUntil, Verdict, decide, due_after
from services.scheduler.handlers.emission import Emitter, is_urgent
from services.scheduler.ports import BatchKind, Member, Messages, Room
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.runtime.clock import Clock

HELD_AT_ONCE = 1_000

# What is written down, why, and when to look again.
_Outcome = tuple[BatchKind, str | None, datetime | None]


class Returns:
    def __init__(self, messages: Messages, emitter: Emitter, room: Room, clock: Clock) -> None:
        self._messages = messages
        self._emitter = emitter
        self._room = room
        self._clock = clock

    async def on_returned(self, event: DeliveryEvents) -> None:
        now = self._clock.now()
        await self._messages.hold(event.events, [due_after(e, now) for e in event.events])

    async def decide_round(self) -> bool:
        """Decides upon the returned messages that are due; whether any were."""
        now = self._clock.now()
        done = False
        for mailing, held in await self._messages.held(now, HELD_AT_ONCE):
            if await self._room.envelopes(urgent=is_urgent(mailing)) > 0:
                await self._carry_out(mailing, held, now)
                done = True
        return done

    async def _carry_out(
        self, mailing: MailingChanged, held: Sequence[Member], now: datetime
    ) -> None:
        groups: dict[tuple[BatchKind, str | None, datetime | None], list[Member]] = defaultdict(
            list
        )
        for message in held:
            verdict = decide(mailing, message.client, now, returned_at=None)
            groups[_outcome(verdict)].append(message)
        for (kind, reason, due_at), members in groups.items():
            batch = await self._messages.emit_again(mailing, kind, reason, members, due_at)
            if batch is not None:
                await self._emitter.publish(batch)


def _outcome(verdict: Verdict) -> _Outcome:
    match verdict:
        case Emit():
            return "queued", None, None
        case HoldUntil(due_at):
            return "planned", None, due_at
        case End(kind, reason):
            return ("expired" if kind == "expired" else "cancelled"), reason, None
