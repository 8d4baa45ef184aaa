"""Trials: ahead of everybody, in nobody's books, and not when it is too late."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.handlers.trials import Trials
from shared.contracts.base import Message
from shared.contracts.commands import SendMessages
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.contracts.trials import Trial, TrialsRequested

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
REQUESTED = TrialsRequested(
    requested_at=NOON,
    not_after=NOON + timedelta(minutes=10),
    trials=(
        Trial(message_id=7, address="79990001122", text="Hello Olga"),
        Trial(message_id=8, address="79990001133", text="Hello Anna"),
    ),
)


class Noted:
    """An outlet that notes what it is given, in order."""

    def __init__(self) -> None:
        self.urgent: list[SendMessages] = []
        self.told: list[DeliveryEvents] = []

    async def tell(self, message: Message) -> None:
        assert isinstance(message, DeliveryEvents)
        self.told.append(message)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        assert urgent
        assert not self.told, "the books hear of what was handed out, not of what may be"
        self.urgent.extend(envelopes)


class At:
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


@pytest.fixture
def outlet() -> Noted:
    return Noted()


async def test_each_number_gets_its_text_at_once(outlet: Noted) -> None:
    await Trials(outlet, At(NOON)).on_trials_requested(REQUESTED)
    (envelope,) = outlet.urgent
    assert [(c.message_id, c.address, c.text) for c in envelope.commands] == [
        (7, "79990001122", "Hello Olga"),
        (8, "79990001133", "Hello Anna"),
    ]
    assert (envelope.mailing_id, envelope.mailing_revision, envelope.grounds) == (0, 0, None)
    assert {(c.client_id, c.client_revision) for c in envelope.commands} == {(0, 0)}
    assert envelope.not_after == REQUESTED.not_after
    (queued,) = outlet.told
    assert queued.kind == "queued"
    assert [(e.message_id, e.mailing_id) for e in queued.events] == [(7, 0), (8, 0)]


@pytest.mark.parametrize(("uncertain", "kind"), [(False, "expired"), (True, "unknown")])
async def test_a_trial_that_came_back_is_at_an_end(
    outlet: Noted, uncertain: bool, kind: str
) -> None:
    returned = [
        DeliveryEvent(
            message_id=message_id,
            mailing_id=mailing_id,
            client_id=mailing_id,
            timezone="UTC",
            dispatch=1,
            attempt=1,
            kind="returned",
            at=NOON,
            reason="channel_stopped",
            uncertain=uncertain,
        )
        for message_id, mailing_id in ((7, 0), (9, 5))
    ]
    event = DeliveryEvents(kind="returned", events=tuple(returned))
    await Trials(outlet, At(NOON)).on_returned(event)
    (told,) = outlet.told
    (ended,) = told.events
    assert (told.kind, ended.message_id, ended.reason) == (kind, 7, "channel_stopped")
    assert (ended.dispatch, ended.attempt) > (1, 1)


async def test_one_that_waited_too_long_is_not_sent(outlet: Noted) -> None:
    await Trials(outlet, At(REQUESTED.not_after)).on_trials_requested(REQUESTED)
    assert not outlet.urgent
    (expired,) = outlet.told
    assert expired.kind == "expired"
    assert {event.reason for event in expired.events} == {"window_passed"}
