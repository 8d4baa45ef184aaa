"""Plans put together: nobody is counted twice, nobody is lost."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.plan import (
    ASSUMED_PER_SECOND,
    Plan,
    Rate,
    WaveNow,
    plan,
    rate_of,
    waves_to_be,
    without_blocked,
    zone_plans,
)
from services.scheduler.domain.texts import TextReport
from services.scheduler.domain.waves import Phase, Standing, judge
from shared.contracts.mailings import MailingChanged
from shared.domain.sms import sms_size
from tests.support.examples import mailing as example

NOW = datetime(2026, 10, 24, 12, tzinfo=UTC)
PLAIN = TextReport(sms_size("Hi"), 1, 1.0)
MOSCOW, BERLIN, TOKYO = "Europe/Moscow", "Europe/Berlin", "Asia/Tokyo"
ZONES = (MOSCOW, BERLIN, TOKYO, "Mars/Olympus", "America/New_York")


def mailing(**changes: Any) -> MailingChanged:
    """Open everywhere for two hours from now."""
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=2)}
    return example(7, **(times | changes))


def planned(
    waves: list[WaveNow], text: TextReport = PLAIN, per_second: float = 1.0, **changes: Any
) -> Plan:
    wanted, rate = mailing(**changes), Rate(per_second, "mailing")
    return plan(wanted, zone_plans(wanted, waves, rate, NOW), rate, text, [], NOW)


def wave(zone: str, size: int, rows: int = 0, phase: Phase = Phase.OPEN, **left: int) -> WaveNow:
    standing = judge(mailing(), zone, NOW, begun_at=None)
    if phase in (Phase.SETTLING, Phase.ENDED):
        standing = replace(standing, phase=phase)
    return WaveNow(zone, phase, size, rows, standing, left_out=left)


@pytest.mark.parametrize(
    ("own", "measured", "expected"),
    [
        (None, None, Rate(ASSUMED_PER_SECOND, "assumed")),
        (None, 30.0, Rate(30.0, "measured")),
        (5.0, None, Rate(5.0, "mailing")),
        (5.0, 30.0, Rate(5.0, "mailing")),
        (50.0, 30.0, Rate(30.0, "measured")),
    ],
)
def test_the_rate_that_binds(own: float | None, measured: float | None, expected: Rate) -> None:
    assert rate_of(mailing(rate_per_second=own), measured) == expected


def test_who_is_blocked_is_left_out_and_takes_up_no_time() -> None:
    waves = waves_to_be(mailing(), {MOSCOW: 100, BERLIN: 50}, NOW)
    found = planned(without_blocked(waves, {MOSCOW: 40}))
    assert (found.audience, found.reached, found.left_out) == (150, 110, {"blocked": 40})
    [moscow] = [zone for zone in found.zones if zone.zone == MOSCOW]
    assert (moscow.clients, moscow.reached, moscow.reason) == (100, 60, "blocked")
    assert found.expected_end == NOW + timedelta(seconds=110)


def test_where_no_window_is_left_that_is_the_reason() -> None:
    waves = [wave(MOSCOW, 10, phase=Phase.SETTLING)]
    assert without_blocked(waves, {MOSCOW: 3}) == waves


def test_no_more_are_blocked_than_are_to_come() -> None:
    """The two are counted one after the other."""
    [one] = without_blocked([wave(MOSCOW, 10, rows=8)], {MOSCOW: 3})
    assert one.blocked == 2


def test_zones_without_anybody_have_no_wave() -> None:
    waves = waves_to_be(mailing(), {MOSCOW: 3, TOKYO: 0}, NOW)
    assert [(one.zone, one.size, one.phase) for one in waves] == [(MOSCOW, 3, None)]


def test_a_plan_by_hand() -> None:
    found = planned(waves_to_be(mailing(), {MOSCOW: 3600, BERLIN: 7200}, NOW))
    # Two hours at one a second: both close at the same instant, so Berlin goes first by name.
    berlin, moscow = found.zones
    assert (berlin.zone, berlin.reached, berlin.missed) == (BERLIN, 7200, 0)
    assert (moscow.reached, moscow.missed, moscow.reason) == (0, 3600, "rate")
    assert (found.audience, found.reached, found.left_out) == (10_800, 7200, {"rate": 3600})
    assert found.expected_end == NOW + timedelta(hours=2)
    assert found.first_opens_at == NOW


def test_only_those_without_a_row_are_still_to_come() -> None:
    found = planned([wave(MOSCOW, 100, rows=40, client_deleted=5)])
    zone = found.zones[0]
    assert (zone.clients, zone.reached, zone.missed) == (100, 95, 5)
    assert zone.expected.clients == 60
    assert zone.expected.ends_at == NOW + timedelta(seconds=60)


def test_an_ended_wave_has_only_its_rows() -> None:
    ended = wave(MOSCOW, 100, rows=70, phase=Phase.ENDED, too_late=20, client_deleted=1)
    zone = planned([ended]).zones[0]
    assert (zone.clients, zone.reached, zone.reason) == (70, 49, "too_late")
    assert (zone.expected.starts_at, zone.expected.ends_at) == (None, None)


def test_a_settling_wave_sends_no_more() -> None:
    standing = Standing(Phase.SETTLING, None, None, "expired", "window_passed")
    settling = WaveNow(MOSCOW, Phase.SETTLING, 100, 70, standing, left_out={"window_passed": 10})
    zone = planned([settling]).zones[0]
    assert (zone.clients, zone.reached, zone.left_out) == (100, 60, {"window_passed": 40})
    assert zone.opening is None


def test_a_cancelled_mailing_sends_no_more() -> None:
    cancelled = mailing().model_copy(update={"state": "cancelled"})
    waves = waves_to_be(cancelled, {MOSCOW: 5}, NOW)
    zone = zone_plans(cancelled, waves, Rate(1.0, "assumed"), NOW)[0]
    assert (zone.missed, zone.reason, zone.clock_change) == (5, "mailing_cancelled", None)


def test_a_wave_that_has_begun_is_not_late() -> None:
    late: dict[str, Any] = {"max_lateness": 1, "starts_at": NOW - timedelta(hours=1)}
    wanted = mailing(**late)
    rate = Rate(1.0, "mailing")
    begun_at = NOW - timedelta(minutes=50)
    standing = judge(wanted, MOSCOW, NOW, begun_at=begun_at)
    begun = WaveNow(MOSCOW, Phase.OPEN, 10, 0, standing, begun_at=begun_at)
    assert zone_plans(wanted, [begun], rate, NOW)[0].reached == 10
    unbegun = replace(begun, begun_at=None)
    assert zone_plans(wanted, [unbegun], rate, NOW)[0].left_out == {"too_late": 10}


def test_who_lacks_a_variable_is_left_out_in_proportion() -> None:
    text = TextReport(sms_size("Hi"), 2, 1.5, sampled=200, missing={"name": 20}, too_long=10)
    found = planned(waves_to_be(mailing(), {MOSCOW: 1000}, NOW), text)
    assert found.left_out == {"template_variable_missing": 100, "text_too_long": 50}
    assert (found.reached, found.parts, found.is_estimated) == (850, 1275, True)


def test_a_sample_of_everybody_is_no_estimate() -> None:
    text = TextReport(sms_size("Hi"), 1, 1.0, sampled=3, missing={"name": 1})
    found = planned(waves_to_be(mailing(), {MOSCOW: 3}, NOW), text)
    assert (found.reached, found.parts, found.is_estimated) == (2, 2, False)


REASONS = st.dictionaries(st.sampled_from(["too_late", "client_deleted"]), st.integers(1, 50))
TEXTS = st.builds(
    lambda sampled, missing, too_long: TextReport(
        None,
        0,
        1.0,
        sampled,
        {"name": min(missing, sampled)},
        min(too_long, sampled - min(missing, sampled)),
    ),
    *[st.integers(0, 200)] * 3,
)


@st.composite
def waves(draw: st.DrawFn) -> list[WaveNow]:
    found = []
    for zone in draw(st.sets(st.sampled_from(ZONES))):
        rows, left_out = draw(st.integers(0, 500)), draw(REASONS)
        phase = draw(st.sampled_from([None, *Phase]))
        standing = judge(mailing(), zone, NOW, begun_at=None)
        if phase in (Phase.SETTLING, Phase.ENDED):
            standing = Standing(phase, None, None, "expired", "window_passed")
        size = draw(st.integers(0, 1000))
        rows = max(rows, sum(left_out.values()))
        found.append(WaveNow(zone, phase, size, rows, standing, left_out=left_out))
    return found


@given(waves(), TEXTS, st.floats(0.001, 1000))
def test_the_audience_is_who_is_reached_and_who_is_left_out(
    given_waves: list[WaveNow], text: TextReport, per_second: float
) -> None:
    found = planned(given_waves, text, per_second)
    assert found.audience == found.reached + sum(found.left_out.values())
    assert found.audience == sum(one.rows + one.to_come for one in given_waves)
    assert found.reached >= 0
    for zone in found.zones:
        assert zone.clients == zone.reached + zone.missed
        assert zone.missed == sum(zone.left_out.values())
        assert (zone.reason is None) == (zone.missed == 0)
