"""Calls under way, as the senders tell."""

from datetime import datetime, timedelta

from services.stats.domain.in_flight import InFlightCalls
from shared.contracts.delivery import CallsInFlight, InFlight
from tests.unit.services.stats.examples import START


def told(sender: str, calls: int, at: datetime = START, mailing_id: int = 7) -> CallsInFlight:
    entry = InFlight(mailing_id=mailing_id, calls=calls)
    return CallsInFlight(sender=sender, at=at, mailings=(entry,))


def test_the_senders_are_added_up_per_mailing() -> None:
    in_flight = InFlightCalls()
    for heartbeat in (told("a", 3), told("b", 4), told("c", 5, mailing_id=8)):
        in_flight.renew(heartbeat)
    assert in_flight.calls(7, START) == 7
    assert in_flight.calls(8, START) == 5
    assert in_flight.calls(9, START) == 0


def test_the_newest_of_a_sender_counts_in_whatever_order_they_come() -> None:
    in_flight = InFlightCalls()
    in_flight.renew(told("a", 3, START + timedelta(seconds=1)))
    in_flight.renew(told("a", 9, START))
    assert in_flight.calls(7, START) == 3


def test_a_sender_that_stops_telling_is_forgotten() -> None:
    in_flight = InFlightCalls()
    in_flight.renew(told("a", 3))
    assert in_flight.calls(7, START + timedelta(seconds=3)) == 3
    assert in_flight.calls(7, START + timedelta(seconds=3, milliseconds=1)) == 0
