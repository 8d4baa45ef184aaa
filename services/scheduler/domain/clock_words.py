"""A sentence for what a change of the clock does."""

from collections.abc import Callable
from datetime import datetime, timedelta

from services.scheduler.domain.clock_changes import ClockChange, Effect, Jump

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_ONCE_ONLY = "nobody is contacted twice"


def explanation(change: ClockChange) -> str:
    return f"{_what_happens(change.jump)}: {_TAILS[change.effect](change)}."


def offset_words(offset: timedelta) -> str:
    """``+05:30``; a zone of old times may be seconds off, which are left out."""
    hours, minutes = divmod(abs(offset) // _MINUTE, 60)
    return f"{'-' if offset < timedelta() else '+'}{hours:02}:{minutes:02}"


def length_words(length: timedelta) -> str:
    hours, minutes = divmod(length // _MINUTE, 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    return " ".join(f"{n} {unit}{'s' if n != 1 else ''}" for n, unit in parts if n) or "no time"


def _what_happens(jump: Jump) -> str:
    shown, instead = jump.at + jump.before, jump.at + jump.after
    other_day = "" if shown.date() == instead.date() else f" of {instead:%Y-%m-%d}"
    return (
        f"On {shown:%Y-%m-%d} clocks go {'forward' if jump.forward else 'back'} from {shown:%H:%M}"
        f" to {instead:%H:%M}{other_day}"
        f" (UTC{offset_words(jump.before)} becomes UTC{offset_words(jump.after)})"
    )


def _shorter(change: ClockChange) -> str:
    hours, jump, by = change.hours, change.jump, f"{length_words(change.met)} shorter"
    if hours.opens_at >= jump.low:
        opens, instead = _clock(hours.opens_at), _clock(jump.high)
        return f"there is no {opens}, so the window opens at {instead} and is {by}"
    if hours.closes_at <= jump.high:
        return f"the window closes at that moment and is {by}"
    return f"the window is {by}"


def _longer(change: ClockChange) -> str:
    low, high = _clock(change.jump.low), _clock(change.jump.high)
    return (
        f"{low} to {high} comes twice, so the window is {length_words(change.met)} longer;"
        f" {_ONCE_ONLY}"
    )


def _cut_in_two(change: ClockChange) -> str:
    hours, jump = change.hours, change.jump
    if hours.opens_at > jump.low:
        edge = _clock(hours.opens_at)
        return (
            f"{edge} comes twice, so the window opens at the first, closes when the clocks change"
            f" and opens again at the second; {_ONCE_ONLY}"
        )
    edge = _clock(hours.closes_at)
    return (
        f"{edge} comes twice, so the window closes at the first, opens again when the clocks"
        f" change and closes at the second; {_ONCE_ONLY}"
    )


def _twice(change: ClockChange) -> str:
    return f"the window {_from_to(change)} comes twice; {_ONCE_ONLY}"


def _skipped(change: ClockChange) -> str:
    return f"the window {_from_to(change)} falls into the gap and does not open that day"


def _shifted(change: ClockChange) -> str:
    direction = "earlier" if change.jump.forward else "later"
    return (
        f"the window keeps its local hours, which come {length_words(change.met)} {direction}"
        " by UTC than the day before"
    )


def _from_to(change: ClockChange) -> str:
    return f"from {_clock(change.hours.opens_at)} to {_clock(change.hours.closes_at)}"


def _clock(wall: datetime) -> str:
    return f"{wall:%H:%M}"


_TAILS: dict[Effect, Callable[[ClockChange], str]] = {
    Effect.SHORTER: _shorter,
    Effect.LONGER: _longer,
    Effect.CUT_IN_TWO: _cut_in_two,
    Effect.TWICE: _twice,
    Effect.SKIPPED: _skipped,
    Effect.SHIFTED: _shifted,
}
