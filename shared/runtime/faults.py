"""What is told of a failure that comes again and again, and what is kept of it: little of either.

An error holds the frames that it came through, and they hold what was being worked on. Libraries
leave errors behind that are held by such a frame in turn: a ring, which only the collector frees.
Here it comes by rarely (``service.py``), so a service would grow by every message that fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from traceback import walk_tb

# Seconds between two tellings of the same failure: often enough to see that it goes on.
TELL_EVERY = 60.0
# Of more kinds than a service can have, something in them is never the same.
MOST_KINDS = 100


def let_go(error: BaseException) -> None:
    """Whoever ends the way of an error calls it: nothing it came through is held any longer."""
    for one in _chain(error):
        one.__traceback__ = None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        yield one


@dataclass(slots=True)
class _Told:
    at: float
    untold: int = 0


class Telling:
    """Of failures that are the same, one is told, and after a minute the next one."""

    def __init__(self) -> None:
        self._told: dict[object, _Told] = {}

    def times(self, error: BaseException, now: float) -> int:
        """How many such failures there were since the last that was told, with this one; 0 where
        it need not be told itself. ``now``: seconds of a clock that only goes on."""
        kind = _kind(error)
        told = self._told.get(kind)
        if told is not None and now - told.at < TELL_EVERY:
            told.untold += 1
            return 0
        if len(self._told) >= MOST_KINDS:
            self._told.clear()
        self._told[kind] = _Told(now)
        return 1 if told is None else told.untold + 1


def _kind(error: BaseException) -> object:
    """What it is and where it came from. Not what it says, which may quote anybody's data."""
    places = ((frame.f_code, line) for frame, line in walk_tb(error.__traceback__))
    return type(error), tuple(places)
