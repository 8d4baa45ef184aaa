from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from services.sender.domain.breaker import Breaker, BreakerRules, Fault, Flow
from services.sender.domain.failures import (
    Accepted,
    ConnectionFailed,
    OutcomeUnknown,
    Rejected,
    Result,
    ServerError,
    Throttled,
    Unauthorized,
)

RULES = BreakerRules(
    failures=3,
    probe_every=1.0,
    probe_unauthorized_every=30.0,
    longest_pause=60.0,
    pause_untold=1.0,
)
FRESH = Breaker(RULES)
OPEN = Breaker(RULES, run=3, fault=Fault.FAILING, since=0.0, probed=0.0)


def after(
    *results: Result, breaker: Breaker = FRESH, now: float = 0.0, started: float | None = None
) -> Breaker:
    for result in results:
        breaker = breaker.after(result, now if started is None else started, now)
    return breaker


def test_run_of_failures_opens() -> None:
    two = after(ConnectionFailed(), OutcomeUnknown())
    assert two.flow(0.0) is Flow.FREE
    opened = after(ServerError(), breaker=two)
    assert opened.fault is Fault.FAILING
    assert opened.flow(0.9) is Flow.NONE
    assert opened.flow(1.0) is Flow.PROBE


def test_answers_end_a_run() -> None:
    for answer in (Accepted(), Rejected(), Throttled(retry_after=0)):
        breaker = after(ServerError(), ServerError(), answer, ServerError(), ServerError())
        assert breaker.flow(0.0) is Flow.FREE


def test_successes_change_nothing() -> None:
    assert after(Accepted(), Accepted()) is FRESH


def test_probes_keep_their_distance() -> None:
    probing = OPEN.probe(5.0)
    assert probing.flow(5.9) is Flow.NONE
    assert probing.flow(6.0) is Flow.PROBE  # though the first one may hang still
    assert probing.probe_lost().flow(5.5) is Flow.PROBE


def test_probe_that_succeeds_closes() -> None:
    closed = after(Accepted(), breaker=OPEN.probe(5.0), started=5.0, now=5.1)
    assert closed.flow(5.1) is Flow.FREE
    assert closed.run == 0


@pytest.mark.parametrize("replicas", [1, 2, 4, 8, 20, 100])
def test_senders_share_five_probes_a_second(replicas: int) -> None:
    """They open at the same moment, and every probe fails."""
    chance = Random(7)
    rules = [replace(RULES, first_probe=chance.uniform(0.25, 1.0)) for _ in range(replicas)]
    senders = [after(*[ConnectionFailed()] * 3, breaker=Breaker(its)) for its in rules]
    calls: list[float] = []
    for tick in range(1, 600):
        now = tick / 10
        for number, breaker in enumerate(senders):
            if breaker.flow(now, replicas) is Flow.PROBE:
                calls.append(now)
                senders[number] = after(ServerError(), breaker=breaker.probe(now), now=now)
    assert 0.9 * min(replicas, 4) <= len(calls) / 60 <= 5
    gaps = [later - earlier for earlier, later in pairwise([0.0, *calls])]
    assert replicas > 20 or max(gaps) <= 5


def test_each_of_twenty_senders_notices_a_return_within_five_seconds() -> None:
    assert RULES.until_probe(Fault.FAILING, 20) <= 5


def test_refused_token_is_probed_no_more_often_by_many() -> None:
    assert RULES.until_probe(Fault.UNAUTHORIZED, 3) == 30
    assert RULES.until_probe(Fault.UNAUTHORIZED, 200) == 50


def test_what_an_outage_touched_is_excused() -> None:
    assert OPEN.excuses(5.0)
    closed = after(Accepted(), breaker=OPEN.probe(5.0), started=5.0, now=5.1)
    assert closed.excuses(5.0)  # it hung until after the provider's return
    assert not closed.excuses(5.1)
    assert not FRESH.excuses(0.0)


def test_calls_from_before_do_not_speak_for_now() -> None:
    late = (Accepted(), ServerError(), Rejected(), Unauthorized())
    assert after(*late, breaker=OPEN, started=-1.0, now=5.0) is OPEN


def test_calls_from_before_the_return_do_not_open_again() -> None:
    closed = after(Accepted(), breaker=OPEN.probe(5.0), started=5.0, now=5.1)
    late = [OutcomeUnknown()] * 10
    assert after(*late, breaker=closed, started=5.0, now=12.0).flow(12.0) is Flow.FREE
    assert after(*late, breaker=closed, started=6.0, now=12.0).fault is Fault.FAILING


def test_refused_token_stops_at_once_and_probes_seldom() -> None:
    stopped = after(Unauthorized(), now=10.0)
    assert stopped.flow(39.9) is Flow.NONE
    assert stopped.flow(40.0) is Flow.PROBE
    again = after(Unauthorized(), breaker=stopped.probe(40.0), now=40.0)
    assert again.flow(69.9) is Flow.NONE
    assert after(ServerError(), breaker=again, now=40.5).fault is Fault.UNAUTHORIZED
    assert after(Accepted(), breaker=again.probe(70.0), now=70.0).flow(70.0) is Flow.FREE


def test_throttling_pauses_as_told() -> None:
    paused = FRESH.pause(Throttled(retry_after=7.0), 10.0)
    assert paused.flow(16.9) is Flow.NONE
    assert paused.flow(17.0) is Flow.FREE


def test_pause_is_bounded_and_the_longer_one_holds() -> None:
    paused = FRESH.pause(Throttled(retry_after=3600.0), 0.0).pause(Throttled(retry_after=1.0), 0.0)
    assert paused.flow(59.9) is Flow.NONE
    assert paused.flow(60.0) is Flow.FREE


def test_throttled_without_being_told_how_long() -> None:
    paused = FRESH.pause(Throttled(), 0.0)
    assert paused.flow(0.9) is Flow.NONE
    assert paused.flow(1.0) is Flow.FREE


def test_probe_that_is_throttled_closes_and_pauses() -> None:
    throttled = Throttled(retry_after=2.0)
    paused = after(throttled, breaker=OPEN.probe(5.0), now=5.0).pause(throttled, 5.0)
    assert paused.fault is None
    assert paused.flow(6.9) is Flow.NONE
    assert paused.flow(7.0) is Flow.FREE
