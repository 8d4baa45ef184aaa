"""Where a dead letter was, from what the broker writes on it; and by which way it goes back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.domain.parked import (
    Death,
    GoesBack,
    Letter,
    Parked,
    Place,
    Stays,
    last_death,
    way_back,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVENTS, SEND = "carillon.events", "carillon.send"


def death(queue: str, exchange: str, key: str, reason: str = "rejected") -> dict[str, Any]:
    named = {"queue": queue, "exchange": exchange, "reason": reason, "count": 1}
    return named | {"routing-keys": [key], "time": NOW}


REFUSED = death("scheduler.events", EVENTS, "mailing.changed")
AGED = death("retry.sms.5s", "carillon.retry", "sms.5s", "expired")
AGAIN = death("send.sms.again", SEND, "sms.again", "delivery_limit")


def test_a_letter_says_where_it_died_and_why() -> None:
    place = Place(EVENTS, "mailing.changed")
    found = last_death({"x-death": [REFUSED], "x-first-death-queue": "scheduler.events"})
    assert found == Death("scheduler.events", place, "rejected")


def test_the_last_death_counts() -> None:
    """A retry has died of old age in its tier, and is not to wait there again."""
    expected = Death("send.sms.again", Place(SEND, "sms.again"), "delivery_limit")
    assert last_death({"x-death": [AGAIN, AGED], "x-first-death-queue": "retry.sms.5s"}) == expected
    newer = {"x-death": [AGED, AGAIN], "x-last-death-queue": "send.sms.again"}
    assert last_death(newer) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-death": None},
        {"x-death": []},
        {"x-death": "dead"},
        {"x-death": ["dead", 5]},
        {"x-death": [{}]},
        {"x-death": [{"queue": 5, "exchange": b"\xff", "routing-keys": [], "reason": ["?"]}]},
        {"x-death": [{"queue": "a\x00b", "exchange": "e", "routing-keys": [None]}]},
    ],
)
def test_of_what_carries_no_death_nothing_is_known(headers: dict[str, Any]) -> None:
    assert last_death(headers) == Death()


def test_the_same_bytes_from_the_same_place_are_the_same_letter() -> None:
    letter = Letter(last_death({"x-death": [REFUSED]}), b"{}")
    assert letter.digest == replace(letter).digest
    elsewhere = last_death({"x-death": [REFUSED | {"routing-keys": ["mailing.emitted"]}]})
    others = [replace(letter, body=b"{"), replace(letter, death=elsewhere), Letter(Death(), b"{}")]
    assert len({one.digest for one in (letter, *others)}) == 4


def test_commands_are_the_same_whichever_way_they_came() -> None:
    """They are put back by way of another queue than the one they were in."""
    entrance = Letter(Death("send.sms", Place(SEND, "sms"), "rejected"), b"{}")
    again = Letter(Death("send.sms.again", Place(SEND, "sms.again"), "rejected"), b"{}")
    assert entrance.digest == again.digest


def parked(**fields: Any) -> Parked:
    where = Death("scheduler.events", Place(EVENTS, "mailing.changed"), "rejected")
    return replace(Parked(3, where, 2, 1, "parked", NOW, None), **fields)


def test_what_was_parked_goes_back_to_where_it_was_published() -> None:
    assert way_back(parked()) == GoesBack(Place(EVENTS, "mailing.changed"))


@pytest.mark.parametrize("key", ["sms", "sms.urgent", "sms.again"])
def test_commands_go_round_the_bounded_entrance(key: str) -> None:
    one = parked(death=Death("send.sms", Place(SEND, key), "rejected"))
    assert way_back(one) == GoesBack(Place(SEND, "sms.again"))


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"state": "replayed", "replayed_at": NOW}, "already"),
        ({"death": Death()}, "where it was"),
        ({"death": Death("old.queue", Place(EVENTS, "weather.changed"), "rejected")}, "any more"),
        ({"death": Death("send.fax", Place(SEND, "fax"), "rejected")}, "any more"),
        ({"death": Death("send.dead", Place("", "send.dead"), "rejected")}, "any more"),
    ],
)
def test_what_would_never_arrive_stays(fields: dict[str, Any], word: str) -> None:
    stays = way_back(parked(**fields))
    assert isinstance(stays, Stays)
    assert word in stays.reason
