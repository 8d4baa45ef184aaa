"""What the world is told of outcomes: events of one kind in one message."""

from collections.abc import Sequence
from typing import Any

from services.sender.domain.outcomes import Outcome, OutcomeKind, Told
from shared.contracts.commands import Grounds
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents


def delivery_events(kind: OutcomeKind, tolds: Sequence[Told]) -> DeliveryEvents:
    table = _GroundsTable()
    events = tuple(_event(told, table.place(_grounds(told.outcome))) for told in tolds)
    return DeliveryEvents(kind=kind, grounds=table.all(), events=events)


class _GroundsTable:
    """Grounds in the order of their first use, each once.

    Commands of one envelope share an object, so nearly always the object is known already and
    its six fields need not be compared.
    """

    def __init__(self) -> None:
        self._by_value: dict[Grounds, int] = {}
        self._by_object: dict[int, int] = {}

    def place(self, grounds: Grounds | None) -> int | None:
        if grounds is None:
            return None
        known = self._by_object.get(id(grounds))
        if known is None:
            known = self._by_value.setdefault(grounds, len(self._by_value))
            self._by_object[id(grounds)] = known
        return known

    def all(self) -> tuple[Grounds, ...]:
        return tuple(self._by_value)


def _grounds(outcome: Outcome) -> Grounds | None:
    """Of the call, or of the one that was not made when the message was given back instead."""
    if _about_a_call(outcome) or outcome.kind == "returned":
        return outcome.work.parcel.letter.grounds
    return None


def _about_a_call(outcome: Outcome) -> bool:
    """A call takes time. Only one whose sender fell silent has left no trace of how much."""
    return outcome.latency_ms is not None or outcome.kind == "unknown"


def _event(told: Told, grounds: int | None) -> DeliveryEvent:
    outcome = told.outcome
    work = outcome.work
    return DeliveryEvent(
        message_id=work.command.message_id,
        mailing_id=work.parcel.letter.mailing_id,
        client_id=work.command.client_id,
        timezone=work.parcel.letter.timezone,
        dispatch=told.dispatch,
        attempt=told.attempt,
        kind=outcome.kind,
        at=outcome.at,
        detail=outcome.detail,
        http_status=outcome.http_status,
        latency_ms=outcome.latency_ms,
        grounds=grounds,
        text_sha256=_text_sha256(outcome),
        **({} if outcome.kind == "sent" else _of_a_failure(outcome)),
    )


def _text_sha256(outcome: Outcome) -> str | None:
    """A question knows nothing of the text of the call that it is about."""
    if outcome.work.parcel.letter.question or not _about_a_call(outcome):
        return None
    return outcome.work.text_sha256


def _of_a_failure(outcome: Outcome) -> dict[str, Any]:
    """Apart, because most calls succeed, and each field costs its share even when it is empty."""
    uncertain = outcome.uncertain and outcome.kind == "returned"
    asked = outcome.work.parcel.letter.question
    return {
        "reason": outcome.reason,
        "next_attempt_at": outcome.next_attempt_at,
        "mailing_revision": outcome.mailing_revision,
        "client_revision": outcome.client_revision,
        "uncertain": uncertain,
        "text": outcome.work.text if uncertain and not asked else None,
    }
