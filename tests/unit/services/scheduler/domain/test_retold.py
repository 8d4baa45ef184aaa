"""What a row of the scheduler says was last told of its message."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.scheduler.domain.retold import EVENTS_PER_MESSAGE, Row, event_of, retold
from shared.domain.message_id import MessageIds

BORN = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOLD = BORN + timedelta(seconds=3)
LATER = BORN + timedelta(minutes=5)
(ID,) = MessageIds(3).take(1, int(BORN.timestamp() * 1000))
QUEUED = Row(ID, 7, 9, "Asia/Tokyo", 1, "queued", None, None, None, TOLD, None)


def said(row: Row) -> tuple[str, int, datetime, str | None, str | None]:
    event = event_of(row)
    assert (event.message_id, event.mailing_id, event.client_id) == (ID, 7, 9)
    assert (event.timezone, event.attempt) == ("Asia/Tokyo", 0)
    return event.kind, event.dispatch, event.at, event.reason, event.detail


def test_queued() -> None:
    assert said(QUEUED) == ("queued", 1, TOLD, None, None)


def test_ended_with_its_reason() -> None:
    row = replace(
        QUEUED, state="ended", ended_as="suppressed", reason="text_too_long", detail="Why."
    )
    assert said(row) == ("suppressed", 1, TOLD, "text_too_long", "Why.")


def test_held_for_its_window() -> None:
    row = replace(QUEUED, dispatch=2, state="held", returned_at=TOLD, told_at=LATER)
    assert said(row) == ("planned", 2, LATER, None, None)


def test_back_from_the_senders_nothing_is_told_of_the_next_dispatch_yet() -> None:
    row = replace(QUEUED, dispatch=2, state="held", returned_at=LATER)
    assert said(row) == ("queued", 1, TOLD, None, None)


def test_brought_back_from_an_end_it_keeps_its_end_until_it_is_judged() -> None:
    row = replace(QUEUED, dispatch=2, state="held", ended_as="expired", reason="too_late")
    assert said(row) == ("expired", 1, TOLD, "too_late", None)


def test_rows_without_times_are_dated_by_their_birth() -> None:
    assert said(replace(QUEUED, told_at=None)) == ("queued", 1, BORN, None, None)
    held = replace(QUEUED, told_at=None, dispatch=2, state="held", returned_at=LATER)
    assert said(held) == ("planned", 2, LATER, None, None)


def test_one_kind_in_a_message_and_not_too_many() -> None:
    rows = [QUEUED] * (EVENTS_PER_MESSAGE + 1)
    rows.append(replace(QUEUED, state="ended", ended_as="expired"))
    told = [(message.kind, len(message.events)) for message in retold(rows)]
    assert told == [("queued", EVENTS_PER_MESSAGE), ("queued", 1), ("expired", 1)]
