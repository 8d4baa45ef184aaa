"""What has been read from the queues and not begun: three lanes, the lower read first.

Bounded by the prefetch of the queues: nothing is read that has no place here.
"""

from collections import deque
from collections.abc import Iterable
from itertools import chain

from services.sender.domain.work import Lane, Parcel, Work, unpack


class Intake:
    def __init__(self) -> None:
        self._lanes: tuple[deque[Work], ...] = tuple(deque() for _ in Lane)

    def __len__(self) -> int:
        return sum(map(len, self._lanes))

    def put(self, parcel: Parcel) -> None:
        self._lanes[parcel.lane].extend(unpack(parcel))

    def put_back(self, works: Iterable[Work]) -> None:
        """To the front of their lanes, in their order: they were taken before what is there."""
        for work in reversed(list(works)):
            self._lanes[work.parcel.lane].appendleft(work)

    def take(self, count: int) -> list[Work]:
        """Up to ``count``, urgent ones first. Dead ones (their connection is gone) are dropped."""
        taken: list[Work] = []
        for lane in self._lanes:
            while lane and len(taken) < count:
                work = lane.popleft()
                if work.parcel.receipt.alive:
                    taken.append(work)
        return taken

    def drop(self, parcels: Iterable[Parcel]) -> None:
        """Forget what is left of these parcels: they are given back as a whole."""
        gone = set(parcels)
        for lane in self._lanes:
            kept = [work for work in lane if work.parcel not in gone]
            lane.clear()
            lane.extend(kept)

    def parcels(self) -> set[Parcel]:
        return {work.parcel for work in chain(*self._lanes)}
