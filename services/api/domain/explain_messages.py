"""What has become of a message, and what will: for a client who has one."""

from dataclasses import dataclass
from datetime import datetime

from services.api.domain.explain_facts import (
    Explanation,
    Facts,
    MessageHistory,
    PlannedMessage,
    PlanStanding,
    Verdict,
)
from services.api.domain.explain_words import because, clock
from services.api.domain.mailings import MailingState
from shared.contracts.statuses import OPEN, Status

_SENT = {
    Status.SENT: "",
    Status.DELIVERED: ", and the provider says that it was delivered",
    Status.UNDELIVERED: ", but the provider says that it could not be delivered",
}
_ENDED: dict[Status, tuple[Verdict, str]] = {
    Status.FAILED: ("not_sent", "The message failed for good."),
    Status.UNKNOWN: ("unknown", "Whether the message was sent is not known."),
    Status.EXPIRED: ("not_sent", "The message was not sent in time."),
    Status.SUPPRESSED: ("not_sent", "The message was held back."),
    Status.CANCELLED: ("not_sent", "The message was cancelled."),
}


@dataclass(frozen=True, slots=True)
class _Fate:
    verdict: Verdict
    explanation: str
    expected_at: datetime | None = None


def explain_message(
    facts: Facts, plan: PlanStanding, message: PlannedMessage, now: datetime
) -> Explanation:
    heard, status = facts.history, status_of(facts, message)
    ended_here = message.state == "ended"
    reason = message.reason if ended_here or heard is None else heard.reason
    detail = None if heard is None else heard.detail
    fate = _fate(facts, plan, message, status, because(reason, detail), now)
    window = None if heard is None or status is Status.PLANNED else heard.window
    return Explanation(
        verdict=fate.verdict,
        explanation=fate.explanation,
        status=status,
        reason=reason,
        expected_at=fate.expected_at,
        timezone=_zone(plan, message, status),
        hours=window or plan.opening,
        message_id=message.id,
    )


def status_of(facts: Facts, message: PlannedMessage) -> Status:
    """What was heard last; or what the plan says, when that is further on: an event is on its way
    for a moment, and what had ended may be sent again."""
    heard = facts.history
    if heard is not None and _is_ahead(heard, message):
        return heard.status
    if message.state == "ended" and message.ended_as is not None:
        return Status(message.ended_as)
    if message.state == "held":
        return Status.PLANNED
    return Status.QUEUED if heard is None or heard.status not in OPEN else heard.status


def _is_ahead(heard: MessageHistory, message: PlannedMessage) -> bool:
    """Sent stays sent; any other end is of its dispatch."""
    if heard.status in OPEN:
        return heard.dispatch > message.dispatch
    return heard.status in _SENT or heard.dispatch >= message.dispatch


def _zone(plan: PlanStanding, message: PlannedMessage, status: Status) -> str:
    """The zone in which a message that waits will be sent is the client's present one."""
    present = plan.client.timezone if plan.client else None
    return present if present and status is Status.PLANNED else message.timezone


def _fate(
    facts: Facts,
    plan: PlanStanding,
    message: PlannedMessage,
    status: Status,
    why: str,
    now: datetime,
) -> _Fate:
    if status in _SENT:
        at = facts.history.sent_at if facts.history else None
        when = f" {clock(at, message.timezone)}" if at else ""
        return _Fate("sent", f"The message was sent{when}{_SENT[status]}.")
    if status in _ENDED:
        verdict, sentence = _ENDED[status]
        return _Fate(verdict, f"{sentence} {why}".strip())
    if facts.mailing.state is MailingState.PAUSED:
        waits = "The message waits until the mailing, which is paused, is resumed."
        return _Fate("will_be_sent", waits)
    if status is Status.RETRYING:
        return _retried(facts, message, why, now)
    if status is Status.PLANNED:
        return _due_again(plan, message, now)
    return _Fate("in_progress", "The message is with the senders: its turn comes any moment.", now)


def _retried(facts: Facts, message: PlannedMessage, why: str, now: datetime) -> _Fate:
    again = facts.history.next_attempt_at if facts.history else None
    when = f" {clock(again, message.timezone)}" if again else ""
    sentence = f"A call to the provider failed and will be repeated{when}. {why}".strip()
    return _Fate("in_progress", sentence, max(again, now) if again else None)


def _due_again(plan: PlanStanding, message: PlannedMessage, now: datetime) -> _Fate:
    opens_at = plan.opening.opens_at if plan.opening else now
    due = max(message.due_at or now, opens_at, now)
    zone = _zone(plan, message, Status.PLANNED)
    sentence = f"The message was not sent yet and is due again {clock(due, zone)}."
    return _Fate("will_be_sent", sentence, due)
