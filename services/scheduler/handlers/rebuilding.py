"""Rebuilds what the scheduler knows: ``python -m services.scheduler rebuild``.

Clients and mailings come from the api, messages from the senders' ledger. Versions and tombstones
decide, so events may keep arriving meanwhile and no old row revives a deleted client. No wave
opens, nothing is emitted and nobody is accounted for until all is there; a rebuild that broke off
is run again, and keeps the waves shut until one has come to its end.

**Never twice.** Commands of the lost plan may be in the broker, or in a sender's hands, without a
row here; were their clients given new messages, they could get two. So the order matters:

1. The api raises the revision of every mailing that is not over. The gates of those revisions stop
   all commands handed out before: from then on they come back instead of being called.
2. The gates are waited for in the senders' own database, and then every statement that began
   before they were seen there: a claim that has not seen them is one that the ledger shows.
3. Then the queues at the senders' entrance and that of returned messages must have been empty for
   some seconds: what comes back is adopted, as a row of its own (see ``handlers/adopting.py``).
4. Only then is the ledger read: it has everybody whose call ever began, and what came back.

The provider is not waited for: what is stopped is given back without a call, and a call under way
has its row in the ledger. What comes back later still (a sender that was frozen all the while)
finds its client with a row, and is ended in the books; called it was not, because of the gates.

**Never lost.** Whoever has no row is planned for again, also whom the lost plan had left out: for
the same reasons they are left out again. Stats is told to forget what no sender told of, so that
the books count nobody twice.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.scheduler.domain.rebuilt import RebuiltRow, rebuilt
from services.scheduler.domain.replanned import Replanned, Taken, replan, seq_ahead
from services.scheduler.domain.revisions import is_frozen
from services.scheduler.handlers.planning import Planner
from services.scheduler.ports import Directory, Outlet
from shared.contracts.delivery import MessagesForgotten
from shared.contracts.directory import ClientsChanged
from shared.contracts.ledger import GateTable, LedgerRow, Which
from shared.contracts.mailings import MailingChanged
from shared.domain.message_id import MessageIds
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


class Source(Protocol):
    def pages(self) -> AsyncIterator[ClientsChanged]: ...


class Gatekeeper(Protocol):
    async def keep_waves_shut(self, shut: bool) -> None:
        """While shut, no wave opens and nothing is emitted."""
        ...


class Mailings(Protocol):
    async def recall(self) -> list[MailingChanged]:
        """All that are launched and not finished, as of the revisions that they have from now on;
        what is on its way is stopped. Cancelled ones are as they were."""
        ...

    def finished(self) -> AsyncIterator[Sequence[MailingChanged]]: ...


class Ledger(Protocol):
    def pages(self, which: Which) -> AsyncIterator[Sequence[LedgerRow]]: ...

    async def gates(self) -> GateTable: ...


class Stillness(Protocol):
    async def stirring(self) -> str | None:
        """A queue in which commands of the lost plan, or returned ones, may be; None when there is
        none."""
        ...


class Store(Protocol):
    async def put_rows(self, rows: Sequence[RebuiltRow], now: datetime) -> int:
        """Those there are not yet, or at an older dispatch; how many."""
        ...

    async def has_members(self, mailing_id: int) -> bool:
        """Whether somebody is in the mailing's frozen audience."""
        ...

    async def join_frozen(self, mailing_id: int) -> None:
        """Whoever has a message is in the mailing's frozen audience."""
        ...

    async def put_plan(self, mailing: MailingChanged, plan: "MakePlan", seq: int) -> None:
        """Keeps the mailing, and the waves that ``plan`` makes of it and of what there is by zone;
        their seq is at least ``seq``."""
        ...

    async def put_past(self, mailing: MailingChanged, seq: int) -> None:
        """Keeps a mailing that is over, if it is not known; all its waves have ended."""
        ...


class MakePlan(Protocol):
    def __call__(
        self, mailing: MailingChanged, taken: Mapping[str, Taken], /
    ) -> Sequence[Replanned]: ...


class NotStill(Exception):
    """What the rebuild waits for does not come about; it is to be run again."""


@dataclass(frozen=True, slots=True)
class Waits:
    """In seconds. ``still``: longer than a sender needs to give back what it may not call."""

    every: float = 0.25
    gates: float = 90.0
    still: float = 5.0
    patience: float = 300.0


async def rebuild(source: Source, planner: Planner, gatekeeper: Gatekeeper) -> int:
    """The copy of the directory alone. Returns the number of clients read."""
    await gatekeeper.keep_waves_shut(True)
    read = await copy_directory(source, planner)
    await gatekeeper.keep_waves_shut(False)
    return read


async def copy_directory(source: Source, planner: Planner) -> int:
    read, position = 0, None
    async for page in source.pages():
        # What the first page's position stands for is in the copy once the last page is.
        position = page.position if position is None else position
        await planner.on_clients_changed(page.model_copy(update={"position": None}))
        read += len(page.clients)
    await planner.on_clients_changed(ClientsChanged(clients=(), position=position))
    await planner.follow_directory()  # the leader does not know what was written beside it
    log.info("The copy of the directory was rebuilt", extra=facts("rebuild", clients=read))
    return read


class Rebuild:
    """Everything, in its order."""

    def __init__(
        self,
        source: Source,
        mailings: Mailings,
        ledger: Ledger,
        stillness: Stillness,
        store: Store,
        directory: Directory,
        planner: Planner,
        gatekeeper: Gatekeeper,
        outlet: Outlet,
        clock: Clock,
        waits: Waits = Waits(),
    ) -> None:
        self._source = source
        self._mailings = mailings
        self._ledger = ledger
        self._stillness = stillness
        self._store = store
        self._directory = directory
        self._planner = planner
        self._gatekeeper = gatekeeper
        self._outlet = outlet
        self._clock = clock
        self._waits = waits

    async def run(self) -> None:
        """Raises NotStill, and what the others raise that are asked; the waves stay shut then."""
        await self._gatekeeper.keep_waves_shut(True)
        recalled = await self._mailings.recall()
        live = [mailing for mailing in recalled if mailing.state != "cancelled"]
        await self._gates_are_up(live)
        await copy_directory(self._source, self._planner)
        await self._all_is_still()
        messages = await self._read_ledger({mailing.mailing_id for mailing in live})
        await self._plan(recalled)
        await self._gatekeeper.keep_waves_shut(False)
        facts_ = facts("rebuild", mailings=len(live), messages=messages)
        log.info("The plan was rebuilt", extra=facts_)

    async def _gates_are_up(self, live: Sequence[MailingChanged]) -> None:
        wanted = {mailing.mailing_id: mailing.revision for mailing in live}
        up_at: datetime | None = None
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._waits.gates
        while loop.time() < ends_at:
            table = await self._ledger.gates()
            if up_at is None and _are_up(table, wanted):
                up_at = table.now
            if up_at is not None and (table.oldest is None or table.oldest > up_at):
                return
            await asyncio.sleep(self._waits.every)
        raise NotStill(
            "The senders have not got the gates: the api's relay, the broker and a sender must run."
            " No wave opens; run the rebuild again."
        )

    async def _all_is_still(self) -> None:
        loop = asyncio.get_running_loop()
        began = still_since = loop.time()
        while loop.time() - still_since < self._waits.still:
            await asyncio.sleep(self._waits.every)
            queue = await self._stillness.stirring()
            if queue is not None:
                still_since = loop.time()
            if still_since - began > self._waits.patience:
                raise NotStill(
                    f"{queue} does not get empty: a scheduler and a sender must run. No wave opens;"
                    " run the rebuild again."
                )

    async def _read_ledger(self, live: set[int]) -> int:
        """Returned messages last: a client who got another one since keeps that."""
        written = 0
        for which in ("others", "returned"):
            async for rows in self._ledger.pages(which):
                now = self._clock.now()
                written += await self._store.put_rows(rebuilt(rows, live), now)
        return written

    async def _plan(self, recalled: Sequence[MailingChanged]) -> None:
        now = self._clock.now()
        seq = seq_ahead(now)
        (born_before,) = MessageIds(node=0).take(1, int(now.timestamp() * 1000))
        async for past in self._mailings.finished():
            for mailing in past:
                await self._store.put_past(mailing, seq)
        for mailing in recalled:
            if mailing.state == "cancelled":
                await self._store.put_past(mailing, seq)
                continue
            forgotten = MessagesForgotten(mailing_id=mailing.mailing_id, born_before=born_before)
            await self._outlet.tell(forgotten)
            await self._replan(mailing, seq, now)

    async def _replan(self, mailing: MailingChanged, seq: int, now: datetime) -> None:
        counts = await self._counts(mailing)
        await self._store.put_plan(
            mailing, lambda newest, taken: replan(newest, counts, taken, now), seq
        )

    async def _counts(self, mailing: MailingChanged) -> dict[str, int]:
        """Who was in a frozen audience is lost with it: it is frozen anew."""
        mailing_id, filter_ = mailing.mailing_id, mailing.spec.filter
        if not is_frozen(mailing.spec):
            return await self._directory.count_by_zone(filter_)
        if not await self._store.has_members(mailing_id):
            await self._directory.freeze(mailing_id, filter_)
            await self._store.join_frozen(mailing_id)
        return await self._directory.count_frozen(mailing_id)


def _are_up(table: GateTable, wanted: Mapping[int, int]) -> bool:
    known = {gate.id: gate.revision for gate in table.gates}
    return all(known.get(id_, 0) >= revision for id_, revision in wanted.items())
