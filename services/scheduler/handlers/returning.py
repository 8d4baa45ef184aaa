"""Messages that came back from the senders: held, judged again, emitted anew or ended."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.scheduler.domain.returned import Emit, End, HoldUntil, decide, due_after
from services.scheduler.domain.sharing import Taken
from services.scheduler.domain.uncertain import PERHAPS_ACCEPTED
from services.scheduler.domain.wording import Unfit, own_text
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.ports import QUEUED, Fate, Member, Messages
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.runtime.clock import Clock

# What becomes of a message, and when to look again.
_Outcome = tuple[Fate, datetime | None]


class Returns:
    def __init__(self, messages: Messages, publishing: Publishing, clock: Clock) -> None:
        self._messages = messages
        self._publishing = publishing
        self._clock = clock

    async def on_returned(self, event: DeliveryEvents) -> None:
        now = self._clock.now()
        dues = [due_after(each, event.grounds_of(each), now) for each in event.events]
        await self._messages.hold(event, dues)

    async def turn(self, mailing: MailingChanged, limit: int) -> Taken:
        """Decides upon the mailing's returned messages that are due."""
        now = self._clock.now()
        held = await self._messages.held(mailing, now, limit)
        groups: dict[_Outcome, list[Member]] = defaultdict(list)
        for member, outcome in _outcomes(mailing, held, now):
            groups[outcome].append(member)
        for (fate, due_at), members in groups.items():
            batch = await self._messages.emit_again(mailing, fate, members, due_at, now)
            if batch is not None:
                await self._publishing.publish(batch)
        return Taken(len(groups.get((QUEUED, None), ())), len(held))


def _outcomes(
    mailing: MailingChanged, held: Sequence[Member], now: datetime
) -> Iterator[tuple[Member, _Outcome]]:
    """What is emitted has its text; another call for it may have said it before."""
    for member in held:
        match decide(mailing, member.client, now, returned_at=member.returned_at):
            case HoldUntil(due_at):
                yield member, (Fate("planned"), due_at)
            case End(kind, reason):
                end = Fate("expired" if kind == "expired" else "cancelled", reason)
                yield member, (_end(member, end), None)
            case Emit():
                text = own_text(mailing.spec.text, member.text, member.recipient)
                if isinstance(text, Unfit):
                    end = Fate("suppressed", text.reason, text.detail)
                    yield member, (_end(member, end), None)
                else:
                    yield replace(member, text=text), (QUEUED, None)


def _end(member: Member, end: Fate) -> Fate:
    """``end`` is for what surely was not sent. A message that came back keeps the text of a call
    only if that may have been accepted."""
    if member.text is None:
        return end
    return Fate("unknown", end.reason, PERHAPS_ACCEPTED)
