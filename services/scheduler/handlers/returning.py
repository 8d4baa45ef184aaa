"""Messages that came back from the senders: held, judged again, emitted anew or ended."""

from collections import defaultdict
from datetime import datetime

from services.scheduler.domain.returned import Emit, End, HoldUntil, decide, due_after
from services.scheduler.domain.sharing import Taken
from services.scheduler.domain.uncertain import (
    OTHER_WORDS,
    PERHAPS_ACCEPTED,
    TEXT_CHANGED,
    says_the_same,
)
from services.scheduler.domain.wording import Unfit, own_text
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.ports import QUEUED, Fate, Held, Member, Messages
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

    async def turn(self, held: Held, limit: int) -> Taken:
        """Decides upon those that are due."""
        now = self._clock.now()
        due = await self._messages.members(held, now, limit)
        groups: dict[_Outcome, list[Member]] = defaultdict(list)
        for member in due:
            outcome, decided = _decide(held.mailing, member, now)
            groups[outcome].append(decided)
        for (fate, due_at), members in groups.items():
            batch = await self._messages.emit_again(held, fate, members, due_at, now)
            if batch is not None:
                await self._publishing.publish(batch)
        return Taken(len(groups.get((QUEUED, None), ())), len(due))


def _decide(mailing: MailingChanged, member: Member, now: datetime) -> tuple[_Outcome, Member]:
    """What is emitted has its text; another call for it may have said it before."""
    match decide(mailing, member.client, now, returned_at=member.returned_at):
        case HoldUntil(due_at):
            return (Fate("planned"), due_at), member
        case End(kind, reason):
            return (_end(member, Fate(kind, reason)), None), member
        case Emit():
            text = own_text(mailing.spec.text, member.text, member.recipient)
            if isinstance(text, Unfit):
                end = Fate("suppressed", text.reason, text.detail)
                return (_end(member, end), None), member
            if _says_something_else(member, text or mailing.spec.text):
                return (Fate("unknown", TEXT_CHANGED, OTHER_WORDS), None), member
            return (QUEUED, None), member._replace(text=text)


def _end(member: Member, end: Fate) -> Fate:
    """``end`` is for what surely was not sent. A message keeps the text of a call, or its hash,
    only if that may have been accepted."""
    if member.text is None and member.text_sha256 is None:
        return end
    return Fate("unknown", end.reason, PERHAPS_ACCEPTED)


def _says_something_else(member: Member, text: str) -> bool:
    """Than a call that may have been accepted. A text that was kept is that call's."""
    if member.text is not None or member.text_sha256 is None:
        return False
    return not says_the_same(text, member.text_sha256)
