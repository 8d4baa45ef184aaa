"""A turn: the next clients of one mailing, taken from several of its waves at once.

Zones may hold five clients or a million; a turn takes as many waves as fill it, those that close
first before the others, so that small zones cost no transaction each.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from shared.domain.templates import Recipient


@dataclass(frozen=True, slots=True)
class OpenWave:
    """A wave that may be taken from. ``cursor``: the last client id taken; ``left``: an estimate
    of how many are not."""

    zone: str
    cursor: int
    left: int
    closes_at: datetime | None
    reason: str | None = None


class Picked(NamedTuple):
    """A client picked from a wave, as the copy has them now. A tuple, for there is one for every
    message: a frozen dataclass takes twice the time to make.

    ``blocked``: nothing is sent to them. ``recipient`` is there when the mailing's text is a
    template, ``text`` once it is rendered.
    """

    zone: str
    client_id: int
    client_revision: int
    address: str
    blocked: bool = False
    recipient: Recipient | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a wave has come: the new cursor, and whether nobody is left."""

    zone: str
    cursor: int
    ended: bool


def waves_for_a_turn(waves: Iterable[OpenWave], limit: int) -> Iterator[OpenWave]:
    """As many of ``waves``, in their order, as should fill ``limit`` clients."""
    expected = 0
    for wave in waves:
        yield wave
        expected += max(wave.left, 1)
        if expected >= limit:
            return


def advances(waves: Sequence[OpenWave], picked: Sequence[Picked], limit: int) -> list[Advance]:
    """What a turn did to its waves that takes ``limit`` of ``picked``. They are in the order of
    ``waves``, then of client ids; if there are more, one more of them is picked than is taken.

    The wave of the one too many stays open, and the later ones were not looked at.
    """
    last = {one.zone: one.client_id for one in picked[:limit]}  # of each zone the last stays
    stopped_in = picked[limit].zone if len(picked) > limit else None
    done: list[Advance] = []
    for wave in waves:
        if wave.zone == stopped_in:
            if wave.zone in last:  # else it has not begun
                done.append(Advance(wave.zone, last[wave.zone], ended=False))
            break
        done.append(Advance(wave.zone, last.get(wave.zone, wave.cursor), ended=True))
    return done
