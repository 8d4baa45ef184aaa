"""What travels by columns is read as the rows it was."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.commands import EnvelopesInColumns, SendCommand, SendMessages, SendTogether
from shared.contracts.delivery import (
    IN_COLUMNS,
    STEP,
    DeliveryEvent,
    DeliveryEvents,
    EventsInColumns,
    Kind,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def event(number: int, kind: Kind = "sent", **changes: Any) -> DeliveryEvent:
    facts: dict[str, Any] = {
        "message_id": number,
        "mailing_id": 7,
        "client_id": 100 + number,
        "timezone": "Asia/Tokyo",
        "dispatch": 1,
        "kind": kind,
        "at": NOON,
    }
    return DeliveryEvent(**facts | changes)


def envelope(*commands: SendCommand) -> SendMessages:
    return SendMessages(
        mailing_id=7,
        mailing_revision=1,
        timezone="Asia/Tokyo",
        text="The bells ring",
        not_after=NOON,
        commands=commands,
    )


def command(number: int, **changes: Any) -> SendCommand:
    facts: dict[str, Any] = {"client_id": number, "client_revision": 1, "address": "79990001122"}
    return SendCommand(message_id=number, **facts | changes)


@pytest.mark.parametrize("kind", STEP)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_events_of_every_kind_are_read_as_they_were(kind: Kind, count: int) -> None:
    """By whatever form: those that somebody else hears than stats travel as objects."""
    events = tuple(
        event(n, kind, at=NOON + n * timedelta(microseconds=1), latency_ms=n % 2 or None)
        for n in range(count)
    )
    told = DeliveryEvents(kind=kind, events=events)
    assert DeliveryEvents.decode(told.encode()) == told
    by_columns = kind in IN_COLUMNS and count > 0
    assert json.loads(told.encode())["version"] == (2 if by_columns else 1)


def test_what_comes_back_is_no_affair_of_stats_alone() -> None:
    assert "returned" not in IN_COLUMNS


def test_what_all_rows_have_is_written_once() -> None:
    told = DeliveryEvents(kind="sent", events=(event(1), event(2, timezone="UTC")))
    events = json.loads(told.encode())["events"]
    assert events["message_id"] == [1, 2]
    assert events["mailing_id"] == 7
    assert events["timezone"] == ["Asia/Tokyo", "UTC"]
    assert "reason" not in events


def test_one_row_is_one_row() -> None:
    told = DeliveryEvents(kind="queued", events=(event(1, "queued"),))
    assert json.loads(told.encode())["events"]["message_id"] == [1]


@pytest.mark.parametrize(
    "commands",
    [
        (command(1),),
        (command(1), command(2)),
        (command(1, text="Yours"), command(2, unknown=True, attempt=3, dispatch=2)),
    ],
)
def test_commands_are_read_as_they_were(commands: tuple[SendCommand, ...]) -> None:
    envelopes = (envelope(*commands), envelope(command(9)))
    written = EnvelopesInColumns.of(envelopes)
    assert SendTogether.decode(written.encode()).envelopes == envelopes


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": []},
        {"message_id": 1},
        {"message_id": [1]},
        {"client_id": [1]},
        {"timezone": ["UTC", "UTC", "UTC"]},
        {"reason": []},
        {"at": "2026-03-02T12:00:00"},
        {"timezone": None},
    ],
)
def test_columns_that_do_not_match_are_no_message(changes: dict[str, Any]) -> None:
    whole = json.loads(DeliveryEvents(kind="sent", events=(event(1), event(2))).encode())
    EventsInColumns.decode(json.dumps(whole).encode())
    with pytest.raises(ValidationError):
        DeliveryEvents.decode(json.dumps(whole | {"events": whole["events"] | changes}).encode())
