from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from services.sender.entrypoints.reading import ParkingLimit, read_envelopes
from shared.contracts.commands import EnvelopesInColumns, SendMessages, SendTogether
from tests.unit.services.sender.fakes import command, grounds, letter

Write = Callable[..., bytes]


def read(body: bytes) -> object:
    """The one envelope, or None."""
    envelopes = read_envelopes("send.sms", "sms", body)
    assert len(envelopes) <= 1
    return envelopes[0] if envelopes else None


def as_objects(*envelopes: SendMessages) -> bytes:
    """As the release before wrote what travels together."""
    return SendTogether.model_construct(envelopes=envelopes).encode()


def by_columns(*envelopes: SendMessages) -> bytes:
    return EnvelopesInColumns.of(envelopes).encode()


in_every_form = pytest.mark.parametrize("write", [as_objects, by_columns])


def test_envelope_is_read() -> None:
    good = letter(command(), command(text="Your own"), grounds=grounds())
    assert read(good.encode()) == good


@in_every_form
def test_envelopes_that_came_together_are_read_one_by_one(write: Write) -> None:
    both = (
        letter(command(), command(text="Your own"), grounds=grounds()),
        letter(command(), timezone="Asia/Tokyo"),
    )
    assert read_envelopes("send.sms", "sms", write(*both)) == both


@in_every_form
def test_envelopes_that_came_together_are_parked_together(write: Write) -> None:
    assert read(write(letter(command()), letter(command(), channel="pigeon"))) is None


def test_a_message_without_envelopes_is_parked() -> None:
    assert read(as_objects()) is None


def test_trials_are_read_though_they_belong_to_nobody() -> None:
    trial = command(client_id=0, client_revision=0)
    assert read(letter(trial, mailing_id=0, mailing_revision=0).encode()) is not None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'"text"', letter(command()).encode()[:-1], b"\xff"]
)
def test_what_is_no_envelope_is_not_read(body: bytes) -> None:
    assert read(body) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "pigeon"},
        {"commands": ()},
        {"mailing_id": 2**63},
        {"mailing_revision": -1},
        {"timezone": "Asia/\0Tokyo"},
        {"text": "The bells\0"},
        {"not_after": datetime.max.replace(tzinfo=UTC)},
        {"grounds": grounds(timezone="\0")},
        {"grounds": grounds(tzdata="2026\0b")},
        {"grounds": grounds(mailing_id=-1)},
        {"grounds": grounds(mailing_id=2**63)},
        {"grounds": grounds(text_revision=2**63)},
        {"grounds": grounds(opens_at=datetime.min.replace(tzinfo=UTC))},
        {"grounds": grounds(closes_at="9999-12-31T23:59:59-12:00")},
        {"version": 2},
    ],
)
def test_envelope_that_cannot_be_kept_is_not_read(changes: dict[str, Any]) -> None:
    envelope = letter(command()).model_copy(update=changes)
    assert read(envelope.encode()) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": 2**63},
        {"message_id": -1},
        {"client_id": 2**63},
        {"client_revision": 2**63},
        {"dispatch": 2**31},
        {"attempt": 2**31},
        {"attempt": 0},
        {"text": "\0"},
    ],
)
def test_one_command_that_cannot_be_kept_spoils_its_envelope(changes: dict[str, Any]) -> None:
    envelope = letter(command(), command()._replace(**changes))
    assert read(envelope.encode()) is None
    assert read(by_columns(envelope)) is None


def test_parking_has_a_limit() -> None:
    limit = ParkingLimit(2)
    assert [limit.may_park("send.sms") for _ in range(4)] == [True, True, False, False]
