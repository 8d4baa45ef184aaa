"""The hours of the local day in which a client may be contacted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self

MINUTES_OF_DAY = 24 * 60
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")

Field = Literal["from", "to", "days"]


class BadWindow(ValueError):
    """The window makes no sense; ``field`` says which part of it, the text says why."""

    def __init__(self, field: Field, reason: str) -> None:
        super().__init__(reason)
        self.field: Field = field


@dataclass(frozen=True, slots=True)
class Window:
    """Local hours ``[opens, closes)``, in minutes of the day; ``closes`` may be 1440, midnight.

    When ``opens > closes`` the window runs past midnight and belongs to the day it opens.
    ``days`` are the days on which it opens, 0 for Monday; None is every day. Raises BadWindow.
    """

    opens: int
    closes: int
    days: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.opens < MINUTES_OF_DAY:
            raise BadWindow("from", "The window must open between 00:00 and 23:59.")
        if not 0 <= self.closes <= MINUTES_OF_DAY:
            raise BadWindow("to", "The window must close between 00:00 and 24:00.")
        if self.opens == self.closes:
            raise BadWindow("to", "The window closes when it opens; for the whole day use 24:00.")
        if self.days is not None and not self.days:
            raise BadWindow("days", "A window without days never opens; leave days out for all.")
        if self.days is not None and not self.days <= set(range(7)):
            raise BadWindow("days", "Days are counted from 0 (Monday) to 6 (Sunday).")

    @classmethod
    def parse(cls, from_: str, to: str, days: Iterable[str] | None) -> Self:
        """Reads ``HH:MM`` twice (``24:00`` only as ``to``) and names of days, ``mon`` to ``sun``.

        Raises BadWindow.
        """
        opens = _minutes("from", from_)
        closes = MINUTES_OF_DAY if to == "24:00" else _minutes("to", to)
        return cls(opens, closes, None if days is None else frozenset(map(_day, days)))

    @property
    def past_midnight(self) -> bool:
        return self.opens > self.closes

    @property
    def never_closes(self) -> bool:
        """Whether it is the whole of every day, which is the same as no window."""
        every_day = self.days is None or len(self.days) == len(DAY_NAMES)
        return every_day and (self.opens, self.closes) == (0, MINUTES_OF_DAY)


WHOLE_DAY = Window(0, MINUTES_OF_DAY)


def _minutes(field: Field, text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        upper = "23:59" if field == "from" else "24:00"
        raise BadWindow(field, f"{text[:16]!r} is not a time of day, HH:MM from 00:00 to {upper}.")
    return int(found[1]) * 60 + int(found[2])


def _day(name: str) -> int:
    if name not in DAY_NAMES:
        raise BadWindow("days", f"{name[:16]!r} is not a day; the days are {', '.join(DAY_NAMES)}.")
    return DAY_NAMES.index(name)
