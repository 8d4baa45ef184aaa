"""What is told of a call: by which grounds it was made, and what it said."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from services.sender.domain.decisions import Rules
from services.sender.domain.events import delivery_events
from services.sender.domain.outcomes import Outcome, OutcomeKind, Told
from services.sender.domain.verdicts import Look, Recorded, Settle, judge
from services.sender.domain.work import Work, unpack
from shared.contracts.delivery import DeliveryEvent
from tests.unit.services.sender.fakes import START, command, grounds, parcel, work

SHARED_HASH = sha256(b"The bells ring").hexdigest()


def told(its: Work, kind: OutcomeKind = "sent", **facts: Any) -> Told:
    outcome = Outcome(its, kind, START, its.command.attempt, **{"latency_ms": 12, **facts})
    return Told(outcome, its.command.dispatch, its.command.attempt)


def event_of(one: Told) -> DeliveryEvent:
    (event,) = delivery_events(one.outcome.kind, [one]).events
    return event


def test_grounds_are_written_once_and_named_by_their_place() -> None:
    first = unpack(parcel(command(), command(), grounds=grounds()))
    same = work(grounds=grounds())
    other = work(grounds=grounds(text_revision=2))
    message = delivery_events("sent", [told(each) for each in (*first, other, same)])
    assert message.grounds == (grounds(), grounds(text_revision=2))
    assert [event.grounds for event in message.events] == [0, 0, 1, 0]


def test_trials_have_no_grounds() -> None:
    message = delivery_events("sent", [told(work()), told(work(grounds=grounds()))])
    assert [event.grounds for event in message.events] == [None, 0]


def test_hash_is_of_the_text_that_was_sent() -> None:
    own = work(command(text="Здравствуй, Анна"))
    assert event_of(told(own)).text_sha256 == sha256("Здравствуй, Анна".encode()).hexdigest()
    assert event_of(told(work())).text_sha256 == SHARED_HASH


def test_an_own_text_may_be_empty() -> None:
    assert work(command(text="")).text == ""


@pytest.mark.parametrize("kind", ["sent", "retrying", "failed", "unknown", "returned"])
def test_every_call_tells_its_grounds_and_its_text(kind: OutcomeKind) -> None:
    event = event_of(told(work(grounds=grounds()), kind))
    assert (event.grounds, event.text_sha256) == (0, SHARED_HASH)
    assert (event.uncertain, event.text) == (False, None)


def test_a_return_without_a_call_has_said_nothing() -> None:
    event = event_of(told(work(grounds=grounds()), "returned", latency_ms=None))
    assert (event.grounds, event.text_sha256) == (0, None)


def test_a_call_whose_sender_fell_silent_was_a_call() -> None:
    event = event_of(told(work(grounds=grounds()), "unknown", latency_ms=None, uncertain=True))
    assert (event.grounds, event.text_sha256) == (0, SHARED_HASH)


@pytest.mark.parametrize("latency_ms", [12, None])
def test_an_uncertain_return_brings_its_text(latency_ms: int | None) -> None:
    own = work(command(text="To you alone"), grounds=grounds(text_revision=3))
    message = delivery_events("returned", [told(own, "returned", uncertain=True)])
    (event,) = message.events
    assert (event.uncertain, event.text) == (True, "To you alone")
    assert event.grounds is not None
    assert message.grounds[event.grounds].text_revision == 3


@pytest.mark.parametrize("kind", ["retrying", "unknown", "sent"])
def test_nothing_but_a_return_brings_its_text(kind: OutcomeKind) -> None:
    event = event_of(told(work(), kind, uncertain=True))
    assert (event.uncertain, event.text) == (False, None)


def recorded(state: Any, **changes: Any) -> Recorded:
    facts: dict[str, Any] = {"uncertain": False, "ours": False, "lease_live": False}
    facts |= {"called": 1, "at": START, "http_status": 200, "latency_ms": 40}
    due = 2 if state == "retrying" else 1
    return Recorded(1, due, state, **(facts | changes))


def told_again(its: Work, row: Recorded) -> DeliveryEvent:
    found = judge(its, Look(START, row), Rules((5, 30)))
    assert isinstance(found, Settle)
    assert found.settlement.told is not None
    return event_of(found.settlement.told)


def test_what_is_told_again_says_the_same() -> None:
    due = START + timedelta(seconds=30)
    row = recorded("retrying", reason="server_error", detail="Why.", next_attempt_at=due)
    event = told_again(work(grounds=grounds()), row)
    assert (event.grounds, event.text_sha256, event.latency_ms) == (0, SHARED_HASH, 40)
    assert (event.reason, event.detail, event.next_attempt_at) == ("server_error", "Why.", due)


def test_an_uncertain_return_told_again_still_brings_its_text() -> None:
    row = recorded("returned", uncertain=True, latency_ms=None, reason="gate_moved")
    event = told_again(work(grounds=grounds()), row)
    assert (event.kind, event.uncertain, event.text) == ("returned", True, "The bells ring")


def test_a_sending_told_to_a_later_dispatch_is_no_call_of_that_dispatch() -> None:
    """Its text and its hours may be others by now."""
    event = told_again(
        work(command(dispatch=2, text="Something else"), grounds=grounds()), recorded("sent")
    )
    assert (event.kind, event.dispatch, event.at) == ("sent", 2, START)
    assert (event.grounds, event.text_sha256, event.latency_ms) == (None, None, None)
    assert event.detail is not None
