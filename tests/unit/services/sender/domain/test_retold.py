"""A row of the ledger says what was said of its last outcome."""

from datetime import timedelta

import pytest

from services.sender.domain.events import delivery_events
from services.sender.domain.outcomes import Outcome, OutcomeKind, Told
from services.sender.domain.retold import EVENTS_PER_MESSAGE, retold
from shared.contracts.ledger import LedgerRow
from tests.unit.services.sender.fakes import START, command, work


def row(outcome: Outcome, dispatch: int = 1) -> LedgerRow:
    """As ``record_calls`` writes it down."""
    its = outcome.work
    return LedgerRow(
        message_id=its.command.message_id,
        mailing_id=its.parcel.letter.mailing_id,
        client_id=its.command.client_id,
        timezone=its.parcel.letter.timezone,
        dispatch=dispatch,
        attempt=outcome.due,
        state=outcome.kind,
        uncertain=outcome.uncertain,
        called=its.command.attempt,
        happened_at=outcome.at,
        reason=outcome.reason,
        detail=outcome.detail,
        http_status=outcome.http_status,
        latency_ms=outcome.latency_ms,
        next_attempt_at=outcome.next_attempt_at,
        mailing_revision=outcome.mailing_revision,
        client_revision=outcome.client_revision,
    )


@pytest.mark.parametrize("kind", ["sent", "retrying", "failed", "unknown", "returned"])
def test_as_it_was_told_but_for_the_proof(kind: OutcomeKind) -> None:
    outcome = Outcome(
        work(command(attempt=2)),
        kind,
        START,
        3 if kind == "retrying" else 2,
        None if kind == "sent" else "server_error",
        None if kind == "sent" else "Why.",
        500,
        12,
        uncertain=kind == "unknown",
        tier=30 if kind == "retrying" else None,
        mailing_revision=4 if kind == "returned" else None,
    )
    (first,) = delivery_events(kind, [Told(outcome, 5, 2)]).events
    (again,) = retold([row(outcome, dispatch=5)])
    assert again.kind == kind
    assert again.events == (first._replace(text_sha256=None),)


def test_a_sending_leaves_out_what_is_left_of_the_attempt_before() -> None:
    outcome = Outcome(work(), "sent", START, 1, http_status=200, latency_ms=9)
    left = {"reason": "timeout", "next_attempt_at": START + timedelta(seconds=5)}
    (told,) = retold([row(outcome).model_copy(update=left)])
    assert (told.events[0].reason, told.events[0].next_attempt_at) == (None, None)


def test_what_came_back_and_may_have_been_accepted_says_so() -> None:
    outcome = Outcome(work(), "returned", START, 1, "gate_moved", uncertain=True)
    (told,) = retold([row(outcome)])
    assert told.events[0].uncertain


def test_what_is_claimed_tells_of_itself() -> None:
    outcome = Outcome(work(), "retrying", START, 2, tier=5)
    claimed = row(outcome).model_copy(update={"state": "claimed"})
    never = row(outcome).model_copy(update={"called": None, "happened_at": None})
    assert list(retold([claimed, never])) == []


def test_one_kind_in_a_message_and_not_too_many() -> None:
    sent, failed = (row(Outcome(work(), kind, START, 1)) for kind in ("sent", "failed"))
    told = retold([sent, failed] * (EVENTS_PER_MESSAGE + 1))
    counts = [(message.kind, len(message.events)) for message in told]
    full = EVENTS_PER_MESSAGE
    assert counts == [("sent", full), ("sent", 1), ("failed", full), ("failed", 1)]
