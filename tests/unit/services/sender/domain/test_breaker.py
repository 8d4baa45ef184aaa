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
    probe_slowest=3.0,
    probe_unauthorized_every=30.0,
    longest_pause=60.0,
    pause_untold=1.0,
)
FRESH = Breaker(RULES)
OPEN = Breaker(RULES, run=3, fault=Fault.FAILING, since=0.0, probe_at=1.0, gap=1.0)


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
    assert probing.probe_lost(5.5).flow(5.5) is Flow.PROBE


def test_probe_that_succeeds_closes() -> None:
    closed = after(Accepted(), breaker=OPEN.probe(5.0), started=5.0, now=5.1)
    assert closed.flow(5.1) is Flow.FREE
    assert closed.run == 0


def test_probes_that_fail_become_less_frequent() -> None:
    breaker, now, probes = OPEN, 1.0, []
    while now < 20.0:
        if breaker.flow(now) is Flow.PROBE:
            probes.append(now)
            breaker = after(ConnectionFailed(), breaker=breaker.probe(now), now=now)
        now += 0.25
    assert probes == [1.0, 2.0, 4.0, 7.0, 10.0, 13.0, 16.0, 19.0]


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
    paused = after(Throttled(retry_after=7.0), now=10.0)
    assert paused.flow(16.9) is Flow.NONE
    assert paused.flow(17.0) is Flow.FREE


def test_pause_is_bounded_and_the_longer_one_holds() -> None:
    paused = after(Throttled(retry_after=3600.0), Throttled(retry_after=1.0))
    assert paused.flow(59.9) is Flow.NONE
    assert paused.flow(60.0) is Flow.FREE


def test_throttled_without_being_told_how_long() -> None:
    assert after(Throttled()).flow(0.9) is Flow.NONE
    assert after(Throttled()).flow(1.0) is Flow.FREE


def test_probe_that_is_throttled_closes_and_pauses() -> None:
    paused = after(Throttled(retry_after=2.0), breaker=OPEN.probe(5.0), now=5.0)
    assert paused.fault is None
    assert paused.flow(6.9) is Flow.NONE
    assert paused.flow(7.0) is Flow.FREE
