"""Where a message stands after an event, and what a batch changes."""

from datetime import timedelta

from services.stats.domain.standing import Cell, SentSpan, advance, fold
from shared.contracts.statuses import Status
from tests.unit.services.stats.examples import START, ZONES, event

LATER = START + timedelta(seconds=5)


def test_the_first_event_of_a_message_is_where_it_stands() -> None:
    standing = advance(None, event("retrying", reason="server_error", next_attempt_at=LATER))
    assert (standing.status, standing.position) == (Status.RETRYING, (1, 1, 2))
    assert (standing.reason, standing.next_attempt_at) == ("server_error", LATER)


def test_an_event_moves_a_message_forward_only() -> None:
    sent = advance(None, event("sent"))
    assert advance(sent, event("queued")) is sent
    assert advance(sent, event("sent")) is sent
    assert advance(sent, event("queued", dispatch=2)).status is Status.QUEUED


def test_a_returned_message_is_planned_again() -> None:
    assert advance(None, event("returned")).status is Status.PLANNED


def test_an_acceptance_that_comes_late_did_happen() -> None:
    queued_again = advance(None, event("queued", dispatch=2))
    after = advance(queued_again, event("sent", at=START))
    assert (after.status, after.sent_at) == (Status.QUEUED, START)


def test_the_earliest_acceptance_is_kept() -> None:
    sent = advance(None, event("sent", at=LATER))
    assert advance(sent, event("sent", dispatch=2, at=START)).sent_at == START
    assert advance(sent, event("sent", dispatch=2, at=LATER + LATER.resolution)).sent_at == LATER


def test_a_batch_shifts_the_books_by_what_changed() -> None:
    known = fold({}, [event("queued"), event("queued", 2)]).standings
    change = fold({each.message_id: each for each in known}, [event("sent"), event("failed", 3)])
    assert change.shifts == {
        Cell(7, ZONES[0], Status.QUEUED): -1,
        Cell(7, ZONES[0], Status.SENT): 1,
        Cell(7, ZONES[0], Status.FAILED): 1,
    }
    assert (change.applied, change.stale) == (2, 0)


def test_what_is_new_is_told_from_what_was_known() -> None:
    [known] = fold({}, [event("queued")]).born
    change = fold({1: known}, [event("sent"), event("queued", 2), event("sent", 2)])
    assert [(each.message_id, each.status) for each in change.changed] == [(1, Status.SENT)]
    assert [(each.message_id, each.status) for each in change.born] == [(2, Status.SENT)]


def test_a_batch_that_says_nothing_new_changes_nothing() -> None:
    known = {each.message_id: each for each in fold({}, [event("sent")]).standings}
    change = fold(known, [event("sent"), event("queued")])
    assert (change.standings, change.shifts, change.sent) == ((), {}, {})
    assert (change.applied, change.stale) == (0, 2)


def test_acceptances_are_counted_by_the_second() -> None:
    change = fold(
        {}, [event("sent"), event("sent", 2), event("sent", 2), event("sent", 3, at=LATER)]
    )
    second = int(START.timestamp())
    assert change.sent == {(7, second): 2, (7, second + 5): 1}
    assert change.spans == {7: SentSpan(START, LATER)}


def test_trials_are_in_nobodys_books() -> None:
    change = fold({}, [event("queued", mailing_id=0), event("sent", mailing_id=0)])
    assert [standing.status for standing in change.standings] == [Status.SENT]
    assert (change.shifts, change.sent, change.spans) == ({}, {}, {})
    assert change.applied == 2


def test_a_call_put_off_again_shows_when_it_is_due_now() -> None:
    first = event("retrying", reason="throttled", next_attempt_at=LATER)
    again = event(
        "retrying", reason="server_error", at=LATER, next_attempt_at=LATER + (LATER - START)
    )
    for order in ([first, again], [again, first], [again, first, again]):
        [standing] = fold({}, order).standings
        assert (standing.next_attempt_at, standing.updated_at) == (again.next_attempt_at, LATER)
        assert (standing.reason, standing.position) == ("server_error", (1, 1, 2))


def test_a_call_put_off_again_moves_nothing_in_the_books() -> None:
    [known] = fold({}, [event("retrying", next_attempt_at=START)]).standings
    change = fold({1: known}, [event("retrying", at=LATER, next_attempt_at=LATER)])
    assert [each.next_attempt_at for each in change.standings] == [LATER]
    assert (change.shifts, change.applied, change.stale) == ({}, 0, 1)


def test_what_is_put_off_does_not_hold_an_end_up() -> None:
    sent = advance(None, event("sent"))
    assert advance(sent, event("retrying", at=LATER, next_attempt_at=LATER)) is sent
