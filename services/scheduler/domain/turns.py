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
    """What a turn did to its waves. ``picked`` is in the order of ``waves``, then of client ids.

    When the turn is full, the wave it stopped in may have more, and the later ones were not
    looked at.
    """
    last = {one.zone: one.client_id for one in picked}  # of each zone the last stays
    full = len(picked) >= limit
    stopped_in = picked[-1].zone if full else None
    done: list[Advance] = []
    for wave in waves:
        stopped = wave.zone == stopped_in
        done.append(Advance(wave.zone, last.get(wave.zone, wave.cursor), ended=not stopped))
        if stopped:
            break
    return done
