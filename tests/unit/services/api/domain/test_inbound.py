"""Of what clients answer, the last wish of each counts."""

from datetime import UTC, datetime, timedelta

from services.api.domain.inbound import Inbound, those_who, wishes
from services.api.domain.stopping import Wish

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ANN, BOB = "79161234567", "79161234568"


def said(phone: str, text: str, seconds: int = 0) -> Inbound:
    return Inbound(phone, text, NOW + timedelta(seconds=seconds))


def test_the_last_wish_counts_in_whatever_order_they_come() -> None:
    first, last = said(ANN, "STOP", 1), said(ANN, "start", 2)
    for order in ([first, last], [last, first]):
        assert wishes(order)[ANN].wish is Wish.START


def test_of_two_said_at_once_to_stop_counts() -> None:
    stop, start = said(ANN, "STOP"), said(ANN, "START")
    for order in ([stop, start], [start, stop]):
        assert wishes(order)[ANN].wish is Wish.STOP


def test_what_wishes_nothing_takes_nothing_back() -> None:
    assert wishes([said(ANN, "STOP"), said(ANN, "Thank you so much for it", 9)])[ANN].at == NOW


def test_phones_are_understood_as_anywhere_and_others_are_nobodys() -> None:
    found = wishes([said("8 (916) 123-45-67", "STOP"), said("+12125550100", "STOP")])
    assert list(found) == [ANN]


def test_who_wishes_what() -> None:
    found = wishes([said(ANN, "STOP"), said(BOB, "START", 1)])
    assert those_who(Wish.STOP, found) == {ANN: NOW}
    assert those_who(Wish.START, found) == {BOB: NOW + timedelta(seconds=1)}
