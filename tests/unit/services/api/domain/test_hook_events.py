import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from services.api.domain import lifecycle
from services.api.domain.hook_events import (
    MOST_EVENTS,
    OF_MESSAGE,
    Event,
    body_of,
    chunks,
    of_mailing,
    of_messages,
    of_ping,
    of_receipts,
    wanted_of,
)
from services.api.domain.mailings import Mailing, MailingState
from services.api.domain.webhooks import EventType, Secrets, Wanted, Webhook
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.mailings import MailingSpec
from shared.contracts.receipts import Receipt
from shared.contracts.statuses import ENDS, Status

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)
TEXT = "Your code is 1234"
SPEC = MailingSpec(text=TEXT, starts_at=NOW, ends_at=NOW + timedelta(days=1), department_id=3)
DRAFT = Mailing(7, "Black Friday", MailingState.DRAFT, 1, SPEC, NOW, NOW)
SCHEDULED = replace(DRAFT, state=MailingState.SCHEDULED, launched_at=NOW)
RUNNING = replace(SCHEDULED, state=MailingState.RUNNING, started_at=NOW)
PAUSED = replace(RUNNING, state=MailingState.PAUSED)
FINISHED = replace(RUNNING, state=MailingState.FINISHED, finished_at=NOW)
OTHER = SPEC.model_copy(update={"text": "Another"})

Change = Callable[[Mailing], Mailing]


def kinds(before: Mailing | None, after: Mailing) -> list[str]:
    return [event.type.removeprefix("mailing.") for event in of_mailing(before, after, NOW)]


def test_what_is_told_of_a_new_mailing() -> None:
    assert kinds(None, DRAFT) == ["created"]
    assert kinds(None, SCHEDULED) == ["created", "scheduled"]


@pytest.mark.parametrize(
    ("before", "change", "told"),
    [
        (DRAFT, lambda one: lifecycle.launched(one, NOW).mailing, ["scheduled"]),
        (SCHEDULED, lambda _: RUNNING, ["running"]),
        (RUNNING, lambda one: lifecycle.paused(one, NOW).mailing, ["paused"]),
        (PAUSED, lambda one: lifecycle.paused(one, NOW).mailing, []),
        (PAUSED, lambda one: lifecycle.resumed(one, NOW).mailing, ["running"]),
        (RUNNING, lambda _: FINISHED, ["finished"]),
        (RUNNING, lambda one: lifecycle.cancelled(one, NOW).mailing, ["cancelled"]),
        (RUNNING, lambda one: lifecycle.changed(one, one.name, OTHER, NOW).mailing, ["changed"]),
        (RUNNING, lambda one: lifecycle.changed(one, "New", one.spec, NOW).mailing, ["changed"]),
        (RUNNING, lambda one: lifecycle.changed(one, one.name, one.spec, NOW).mailing, []),
        (RUNNING, lambda one: lifecycle.deleted(one, NOW).mailing, ["cancelled", "deleted"]),
        (FINISHED, lambda one: lifecycle.deleted(one, NOW).mailing, ["deleted"]),
        (FINISHED, lambda one: lifecycle.replayed(one, NOW, "state").mailing, ["running"]),
        (RUNNING, lambda one: lifecycle.replayed(one, NOW, "state").mailing, []),
    ],
)
def test_what_is_told_of_each_step(before: Mailing, change: Change, told: list[str]) -> None:
    assert kinds(before, change(before)) == told


def test_of_a_mailing_nothing_is_told_that_somebody_wrote() -> None:
    [event] = of_mailing(SCHEDULED, RUNNING, NOW)
    assert event.data == {
        "mailing_id": 7,
        "department_id": 3,
        "state": "running",
        "revision": 1,
    }
    assert event.id.startswith("evt_")
    assert event.id != of_mailing(SCHEDULED, RUNNING, NOW)[0].id


def heard(kind: Kind, *mailings: int, at: datetime = NOW) -> DeliveryEvents:
    events = tuple(
        DeliveryEvent(
            message_id=100 + number,
            mailing_id=mailing,
            client_id=5,
            timezone="Asia/Omsk",
            dispatch=2,
            kind=kind,
            at=at,
            attempt=1,
            reason="Rejected",
            detail="The provider said no.",
            text=TEXT if kind == "returned" else None,
        )
        for number, mailing in enumerate(mailings)
    )
    return DeliveryEvents(kind=kind, events=events)


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_end_of_a_message_is_told_of_and_nothing_else(kind: Kind) -> None:
    told = of_messages(heard(kind, 7))
    is_end = kind in {status.value for status in ENDS}
    assert [one.type for one in told] == ([f"message.{kind}"] if is_end else [])
    assert (kind in OF_MESSAGE) is is_end
    assert {status.value for status in Status} >= OF_MESSAGE.keys()


def test_an_event_of_a_message_is_the_same_whenever_it_is_heard() -> None:
    message = DeliveryEvents.decode(heard("sent", 7, 8).encode())
    first, second = of_messages(message)
    assert first == of_messages(heard("sent", 7, 8))[0]
    assert (first.id, second.id) == ("evt_100_2_1_sent", "evt_101_2_1_sent")
    assert first.data == {
        "message_id": 100,
        "mailing_id": 7,
        "client_id": 5,
        "timezone": "Asia/Omsk",
        "status": "sent",
        "reason": "Rejected",
        "http_status": None,
        "dispatch": 2,
        "attempt": 1,
    }


def test_what_is_told_of_receipts() -> None:
    receipts = [Receipt(5, "delivered", NOW), Receipt(6, "undelivered", NOW, "absent")]
    events = of_receipts(receipts)
    assert [one.type for one in events] == ["message.delivered", "message.undelivered"]
    assert events == of_receipts(receipts)
    assert len({event.id for event in events + of_receipts([receipts[0]._replace(at=LATER)])}) == 3
    assert events[1].data == {"message_id": 6, "status": "undelivered", "reason": "absent"}
    every = webhook(EventType.MESSAGE_DELIVERED, EventType.MESSAGE_UNDELIVERED)
    assert wanted_of(every, events, {}) == events
    of_one = replace(every, wanted=replace(every.wanted, mailing_id=7))
    assert wanted_of(of_one, events, {}) == []


def test_nobody_is_told_of_test_sends() -> None:
    assert of_messages(heard("sent", 0)) == []


def webhook(
    *events: EventType, mailing: int | None = None, department: int | None = None
) -> Webhook:
    wanted = Wanted("CRM", "https://x.example.com", frozenset(events), department, mailing)
    return Webhook(1, wanted, Secrets(b""), NOW, NOW)


def test_who_is_told_of_what() -> None:
    events = of_messages(heard("sent", 7, 8, 9))
    departments = {7: 3, 8: 4, 9: None}

    def told(one: Webhook) -> list[int]:
        return [event.data["mailing_id"] for event in wanted_of(one, events, departments)]

    assert told(webhook(EventType.MESSAGE_SENT)) == [7, 8, 9]
    assert told(webhook(EventType.MESSAGE_FAILED)) == []
    assert told(webhook(EventType.MESSAGE_SENT, mailing=8)) == [8]
    assert told(webhook(EventType.MESSAGE_SENT, department=3)) == [7]
    assert told(webhook(EventType.MESSAGE_SENT, mailing=8, department=3)) == []


def test_nobody_is_told_of_what_was_before_they_asked() -> None:
    """Books that are told again are no news."""
    old = of_messages(heard("sent", 7, at=NOW - timedelta(seconds=1)))
    assert wanted_of(webhook(EventType.MESSAGE_SENT), old, {}) == []


def test_what_is_sent() -> None:
    events = [*of_mailing(SCHEDULED, RUNNING, NOW), *of_messages(heard("failed", 7)), of_ping(NOW)]
    body = body_of(list(chunks(events)), NOW)
    told = json.loads(body)
    assert told["type"] == "events"
    assert told["timestamp"] == "2026-11-26T12:00:00Z"
    assert [one["type"] for one in told["data"]["events"]] == [
        "mailing.running",
        "message.failed",
        "ping",
    ]
    for event, one in zip(events, told["data"]["events"], strict=True):
        assert one == {
            "id": event.id,
            "type": event.type,
            "timestamp": "2026-11-26T12:00:00Z",
            "data": event.data,
        }
    for secret in (TEXT, "Black Friday", "The provider said no."):
        assert secret.encode() not in body


def test_several_chunks_are_one_request() -> None:
    events = of_messages(heard("sent", *[7] * (2 * MOST_EVENTS + 1)))
    parts = list(chunks(events))
    assert [part.events for part in parts] == [MOST_EVENTS, MOST_EVENTS, 1]
    assert all(part.types == {"message.sent"} for part in parts)
    told = json.loads(body_of(parts[1:], NOW))["data"]["events"]
    assert [one["id"] for one in told] == [event.id for event in events[MOST_EVENTS:]]


def test_a_request_is_small_enough_for_many_receivers() -> None:
    long = Event(
        "evt_" + "9" * 40, "message.suppressed", NOW, of_messages(heard("sent", 10**9))[0].data
    )
    [part] = chunks([long] * MOST_EVENTS)
    assert len(body_of([part], NOW)) < 100_000
