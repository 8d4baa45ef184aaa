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
OPEN = Breaker(RULES, run=3, fault=Fault.FAILING, probe_at=1.0)


def after(*results: Result, breaker: Breaker = FRESH, now: float = 0.0) -> Breaker:
    for result in results:
        breaker = breaker.after(result, now)
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


def test_one_probe_at_a_time() -> None:
    probing = OPEN.probe()
    assert probing.flow(5.0) is Flow.NONE
    assert probing.probe_lost().flow(5.0) is Flow.PROBE


def test_probe_that_succeeds_closes() -> None:
    closed = after(Accepted(), breaker=OPEN.probe(), now=5.0)
    assert closed.flow(5.0) is Flow.FREE
    assert closed.run == 0


def test_probe_that_fails_waits_for_the_next() -> None:
    still_open = after(ConnectionFailed(), breaker=OPEN.probe(), now=5.0)
    assert still_open.flow(5.9) is Flow.NONE
    assert still_open.flow(6.0) is Flow.PROBE


def test_calls_from_before_do_not_speak_for_now() -> None:
    assert after(Accepted(), ServerError(), Rejected(), breaker=OPEN) is OPEN


def test_refused_token_stops_at_once_and_probes_seldom() -> None:
    stopped = after(Unauthorized(), now=10.0)
    assert stopped.fault is Fault.UNAUTHORIZED
    assert stopped.flow(39.9) is Flow.NONE
    assert stopped.flow(40.0) is Flow.PROBE
    again = after(Unauthorized(), breaker=stopped.probe(), now=40.0)
    assert again.flow(69.9) is Flow.NONE
    assert after(Accepted(), breaker=again.probe(), now=70.0).flow(70.0) is Flow.FREE


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
    paused = after(Throttled(retry_after=2.0), breaker=OPEN.probe(), now=5.0)
    assert paused.fault is None
    assert paused.flow(6.9) is Flow.NONE
    assert paused.flow(7.0) is Flow.FREE
