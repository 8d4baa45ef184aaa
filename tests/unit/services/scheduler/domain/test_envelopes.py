"""Envelopes: one mailing and zone each, what is shared written once."""

from datetime import UTC, datetime

from services.scheduler.domain.envelopes import Ready, envelopes
from tests.support.examples import mailing

NIGHT = datetime(2026, 11, 23, 20, tzinfo=UTC)


def ready(number: int, zone: str) -> Ready:
    return Ready(number, number * 10, 3, "79990001122", zone, 2, NIGHT)


def test_every_message_is_in_one_envelope_of_its_zone() -> None:
    everybody = [ready(n, ("Asia/Tokyo", "Europe/Moscow")[n % 2]) for n in range(7)]
    packed = list(envelopes(mailing(5, revision=4), everybody, size=2))
    assert [(e.timezone, len(e.commands)) for e in packed] == [
        ("Asia/Tokyo", 2),
        ("Asia/Tokyo", 2),
        ("Europe/Moscow", 2),
        ("Europe/Moscow", 1),
    ]
    assert sorted(c.message_id for e in packed for c in e.commands) == list(range(7))
    assert {(e.mailing_id, e.mailing_revision, e.not_after) for e in packed} == {(5, 4, NIGHT)}


def test_a_command_says_whom_and_which_dispatch() -> None:
    (envelope,) = envelopes(mailing(5), [ready(1, "UTC")], size=100)
    (command,) = envelope.commands
    assert (command.message_id, command.client_id, command.client_revision) == (1, 10, 3)
    assert (command.address, command.dispatch, command.attempt) == ("79990001122", 2, 1)
