"""Forecasts against hand-computed cases, and what must hold of every one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.forecast import RATE, ZoneForecast, forecast
from services.scheduler.domain.waves import TOO_LATE, WINDOW_PASSED, Phase, Standing
from shared.domain.local_time import Opening

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SETTLED = Standing(Phase.SETTLING, None, None, "expired", WINDOW_PASSED)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Openings:
    """The openings of every zone, in seconds from now, and how long a zone may be late."""

    by_zone: Mapping[str, list[tuple[int, int]]]
    patience: int | None = None

    def standing(self, zone: str) -> Standing:
        """As waves are judged: who has not begun is too late for an opening of long ago."""
        for opens, closes in self.by_zone[zone]:
            if closes > 0 and (self.patience is None or opens + self.patience >= 0):
                phase = Phase.OPEN if opens <= 0 else Phase.PENDING
                return Standing(phase, after(opens), after(closes))
        return SETTLED

    def following(self, zone: str, since: datetime) -> Iterator[Opening]:
        openings = (Opening(after(opens), after(closes)) for opens, closes in self.by_zone[zone])
        return (one for one in openings if one.opens_at >= since)

    def forecast(
        self, clients: Mapping[str, int], per_second: float, begun: tuple[str, ...] = ()
    ) -> dict[str, ZoneForecast]:
        found = forecast(
            clients,
            {zone: self.standing(zone) for zone in clients},
            self.following,
            per_second,
            NOW,
            patience=None if self.patience is None else timedelta(seconds=self.patience),
            begun=begun,
        )
        return {zone.zone: zone for zone in found}


def times(zone: ZoneForecast) -> tuple[float | None, float | None]:
    starts, ends = (
        None if at is None else (at - NOW).total_seconds() for at in (zone.starts_at, zone.ends_at)
    )
    return starts, ends


def test_one_zone_takes_as_long_as_its_clients() -> None:
    found = Openings({"A": [(60, 3600)]}).forecast({"A": 500}, 10)["A"]
    assert (found.reached, found.missed, found.reason) == (500, 0, None)
    assert times(found) == (60, 110)


def test_those_that_close_first_go_first() -> None:
    openings = Openings({"long": [(0, 1000)], "short": [(0, 100)]})
    found = openings.forecast({"long": 600, "short": 600}, 10)
    assert times(found["short"]) == (0, 60)
    assert times(found["long"]) == (60, 120)


def test_of_those_that_close_together_the_first_by_name_goes_first() -> None:
    openings = Openings({"B": [(0, 1000)], "A": [(0, 1000)]})
    found = openings.forecast({"B": 600, "A": 600}, 10)
    assert (times(found["A"]), times(found["B"])) == ((0, 60), (60, 120))


def test_a_zone_that_closes_earlier_takes_over_when_it_opens() -> None:
    openings = Openings({"long": [(0, 1000)], "short": [(20, 100)]})
    found = openings.forecast({"long": 600, "short": 300}, 10)
    assert times(found["short"]) == (20, 50)
    assert times(found["long"]) == (0, 90)


def test_what_is_left_at_the_closing_waits_for_the_next_opening() -> None:
    found = Openings({"A": [(0, 10), (1000, 1010)]}).forecast({"A": 150}, 10)["A"]
    assert (found.missed, times(found)) == (0, (0, 1005))


def test_without_another_opening_it_is_missed_for_want_of_rate() -> None:
    found = Openings({"A": [(0, 10), (1000, 1010)]}).forecast({"A": 250}, 10)["A"]
    assert (found.reached, found.missed, found.reason) == (200, 50, RATE)
    assert times(found) == (0, 1010)


def test_a_zone_without_an_opening_says_why() -> None:
    found = Openings({"A": []}).forecast({"A": 7}, 10)["A"]
    assert (found.reached, found.missed, found.reason) == (0, 7, WINDOW_PASSED)
    assert times(found) == (None, None)


def test_who_shares_the_rate_waits_until_it_is_too_late() -> None:
    openings = Openings({"first": [(0, 100)], "second": [(0, 200)]}, patience=30)
    found = openings.forecast({"first": 400, "second": 100}, 10)
    assert times(found["first"]) == (0, 40)
    assert (found["second"].missed, found["second"].reason) == (100, TOO_LATE)
    in_time = openings.forecast({"first": 300, "second": 100}, 10)
    assert times(in_time["second"]) == (30, 40)


def test_who_passed_over_an_opening_takes_the_next_one() -> None:
    openings = Openings({"first": [(0, 100)], "second": [(0, 200), (900, 1000)]}, patience=30)
    found = openings.forecast({"first": 400, "second": 100}, 10)["second"]
    assert (found.missed, times(found)) == (0, (900, 910))


def test_a_zone_that_has_begun_is_not_late() -> None:
    openings = Openings({"first": [(0, 100)], "second": [(0, 200)]}, patience=30)
    found = openings.forecast({"first": 400, "second": 100}, 10, begun=("second",))
    assert times(found["second"]) == (40, 50)


def test_what_has_begun_once_must_begin_in_time_again() -> None:
    openings = Openings({"A": [(0, 10), (100, 200)], "B": [(90, 150)]}, patience=20)
    found = openings.forecast({"A": 110, "B": 400}, 10)
    assert times(found["B"]) == (90, 130)
    assert (found["A"].reached, found["A"].reason) == (100, TOO_LATE)


def test_a_rate_that_needs_more_than_a_year_reaches_what_it_can_in_one() -> None:
    days = [(86_400 * n, 86_400 * n + 100) for n in range(1000)]
    found = Openings({"A": days}).forecast({"A": 10_000}, 0.1)["A"]
    assert (found.reached, found.reason) == (367 * 10, RATE)


@pytest.mark.parametrize("rate", [1e-9, 1e-3, 1.0, 1e9, 1e300])
def test_any_rate_comes_to_an_end(rate: float) -> None:
    found = Openings({"A": [(1_000_000, 1_000_007)]}).forecast({"A": 10_000_000}, rate)["A"]
    assert found.reached + found.missed == 10_000_000
    assert found.starts_at in (None, after(1_000_000))


def _chains(cuts: list[int]) -> list[tuple[int, int]]:
    """Openings that are disjoint and apart."""
    in_order = sorted(set(cuts))
    return list(zip(in_order[::2], in_order[1::2], strict=False))


CHAINS = st.lists(st.integers(0, 400), max_size=8).map(_chains)
BY_ZONE = st.dictionaries(st.sampled_from("ABCDEF"), CHAINS, min_size=1)
CLIENTS = st.lists(st.integers(0, 3000), min_size=6, max_size=6)
RATES = st.floats(0.01, 1000)


def _clients(openings: Openings, numbers: list[int]) -> dict[str, int]:
    return dict(zip(openings.by_zone, numbers, strict=False))


@given(BY_ZONE, st.none() | st.integers(0, 100), CLIENTS, RATES)
def test_everybody_is_accounted_for_and_nobody_outside_an_opening(
    by_zone: dict[str, list[tuple[int, int]]],
    patience: int | None,
    numbers: list[int],
    rate: float,
) -> None:
    openings = Openings(by_zone, patience)
    clients = _clients(openings, numbers)
    found = openings.forecast(clients, rate)
    assert {zone: one.clients for zone, one in found.items()} == clients
    for name, zone in found.items():
        assert zone.reached + zone.missed == zone.clients
        assert zone.missed >= 0
        assert zone.reached >= 0
        assert (zone.reason is None) == (zone.missed == 0)
        starts, ends = times(zone)
        assert (starts is None) == (zone.reached == 0)
        if starts is not None and ends is not None:
            assert any(opens <= starts < closes for opens, closes in by_zone[name])
            assert any(opens <= ends <= closes for opens, closes in by_zone[name])


@given(BY_ZONE, CLIENTS, RATES, RATES)
def test_a_higher_rate_reaches_no_fewer_and_none_later(
    by_zone: dict[str, list[tuple[int, int]]], numbers: list[int], one: float, other: float
) -> None:
    openings = Openings(by_zone)
    clients = _clients(openings, numbers)
    slow = openings.forecast(clients, min(one, other))
    fast = openings.forecast(clients, max(one, other))
    for zone in clients:
        assert fast[zone].reached >= slow[zone].reached
        ends_slow, ends_fast = slow[zone].ends_at, fast[zone].ends_at
        if slow[zone].missed == 0 and ends_slow and ends_fast:
            assert ends_fast <= ends_slow + timedelta(milliseconds=1)


@given(BY_ZONE, CLIENTS, RATES)
def test_no_more_is_sent_than_the_rate_allows(
    by_zone: dict[str, list[tuple[int, int]]], numbers: list[int], rate: float
) -> None:
    openings = Openings(by_zone)
    found = openings.forecast(_clients(openings, numbers), rate)
    spans = sorted(span for zone in by_zone for span in by_zone[zone])
    open_seconds = sum(
        any(opens <= second < closes for opens, closes in spans) for second in range(400)
    )
    assert sum(zone.reached for zone in found.values()) <= open_seconds * rate + len(found) * 1e-3
