"""Which commands this sender has begun, and what is still owed for each envelope."""

import asyncio
from collections.abc import Iterable, Sequence
from weakref import WeakSet

from services.sender.domain.work import Parcel, Work


class Custody:
    """One copy of a message at a time: further copies are parked until it is settled.

    Copies are usual: after a reconnection the broker delivers again what is still being called.
    """

    def __init__(self) -> None:
        self._busy: set[int] = set()
        self._parked: dict[int, list[Work]] = {}
        # Weak, because envelopes of a lost connection are dropped wherever they are met.
        self._parcels: WeakSet[Parcel] = WeakSet()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        """Commands begun and not settled."""
        return len(self._busy)

    def register(self, parcel: Parcel) -> None:
        self._parcels.add(parcel)

    def open_parcels(self) -> list[Parcel]:
        """Envelopes in hand that are not acknowledged."""
        return list(self._parcels)

    def admit(self, works: Iterable[Work]) -> list[Work]:
        """Those that may begin; copies of what has begun already are parked."""
        admitted = []
        for work in works:
            if work.message_id in self._busy:
                self._parked.setdefault(work.message_id, []).append(work)
            else:
                self._busy.add(work.message_id)
                admitted.append(work)
        if admitted:
            self._empty.clear()
        return admitted

    def release(self, works: Iterable[Work]) -> list[Work]:
        """These are not begun any more; returns the copies that may be looked at now."""
        freed: list[Work] = []
        for work in works:
            self._busy.discard(work.message_id)
            if self._parked:
                freed.extend(self._parked.pop(work.message_id, ()))
        if not self._busy:
            self._empty.set()
        return freed

    async def settle(self, works: Sequence[Work]) -> None:
        """Everything about these commands is published; acknowledges envelopes now complete."""
        complete = []
        for work in works:
            work.parcel.unsettled -= 1
            if work.parcel.unsettled == 0:
                complete.append(work.parcel)
        self._parcels.difference_update(complete)
        for parcel in complete:
            await parcel.receipt.ack()

    async def give_back(self, parcels: Iterable[Parcel]) -> None:
        """These envelopes go back to the broker as they are; what was settled will be absorbed."""
        for parcel in parcels:
            self._parcels.discard(parcel)
            await parcel.receipt.give_back()

    async def wait_until_empty(self) -> None:
        await self._empty.wait()
