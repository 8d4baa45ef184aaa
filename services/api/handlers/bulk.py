"""Changes of many clients, worked through part by part.

A part is one transaction: its clients, the messages about them, and how far it has come. So
whatever ends the work, taking it up again neither counts nor changes a client twice.
"""

from collections.abc import AsyncIterator
from datetime import datetime

from services.api.domain.bulk import (
    Bulk,
    BulkOrder,
    BulkState,
    BulkTask,
    Outcome,
    Progress,
    decide,
)
from services.api.domain.callers import Caller
from services.api.domain.clients import news, portions
from services.api.domain.deeds import of_bulk, of_end_of_bulk
from services.api.domain.failures import NotFound
from services.api.domain.paging import BEHIND_ALL, Page, from_cursor, page_of, row_id
from services.api.ports import Job, Ports, Store
from shared.contracts.gates import GatesChanged

# Clients who are looked at in one transaction: a request that wants one of them waits for so many.
PART = 2_000


async def start(ports: Ports, order: BulkOrder, who: Caller) -> int:
    """Its id. Clients who are added from now on are none of its."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        bulk_id = await store.bulks.add(order, await store.clients.last_id(), now)
        await store.audit.note(of_bulk(await _existing(store, bulk_id)), who, now)
    ports.bulks.wake()
    return bulk_id


async def get_bulk(ports: Ports, bulk_id: int) -> Bulk:
    """Raises NotFound."""
    async with ports.transactions.reading() as store:
        return await _existing(store, bulk_id)


async def list_bulks(
    ports: Ports, state: BulkState | None, limit: int, cursor: str | None
) -> Page[Bulk]:
    """Newest first."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        found = await store.bulks.page(state, before, limit + 1)
    return page_of(found, limit, lambda one: one.id)


async def work_through(ports: Ports, job: Job[BulkTask]) -> AsyncIterator[Progress]:
    """From where it stands to its end."""
    after: int | None = job.task.after
    while after is not None:
        progress = await _next_part(ports, job, after)
        if progress is not None:
            yield progress
        after = None if progress is None else progress.end
    await _finish(ports, job, BulkState.DONE)


async def give_up(ports: Ports, job: Job[BulkTask]) -> None:
    """Ends one that we fail at ourselves, rather than fail at it for ever."""
    await _finish(ports, job, BulkState.FAILED)


async def do_part(
    store: Store, order: BulkOrder, after: int, last: int, size: int, now: datetime
) -> Progress | None:
    """The next so many clients behind ``after``. None when there are no more."""
    part = await store.clients.part(order.whom, after, last, size)
    if part is None:
        return None
    outcome = decide(order, part.clients, now)
    if not order.dry_run:
        await carry_out(store, order, outcome, now)
    return Progress(part.end, len(part.clients), outcome.clients(), outcome.refused)


async def _next_part(ports: Ports, job: Job[BulkTask], after: int) -> Progress | None:
    task = job.task
    async with job.begin() as store:
        progress = await do_part(store, task.order, after, task.last, PART, ports.clock.now())
        if progress is not None:
            await store.bulks.advance(task.id, progress)
    return progress


async def carry_out(store: Store, order: BulkOrder, outcome: Outcome, now: datetime) -> None:
    """Gates wake the relay; the rest may wait the moment until it looks by itself."""
    if outcome.changed:
        await store.clients.change(outcome.changed)
        await store.tags.ensure(order.tags if order.gives_tags else (), now)
        for portion in portions(outcome.changed):
            await store.outbox.put(news(portion), wake=False)
    if outcome.buried:
        await store.clients.bury(outcome.buried, now)
        await store.outbox.put(GatesChanged(gates=tuple(outcome.gates)))
        await store.outbox.put(news(outcome.buried), wake=False)


async def _finish(ports: Ports, job: Job[BulkTask], state: BulkState) -> None:
    async with job.begin() as store:
        now = ports.clock.now()
        await store.bulks.finish(job.task.id, state, now)
        ended = await _existing(store, job.task.id)
        await store.audit.note(of_end_of_bulk(ended), None, now)


async def _existing(store: Store, bulk_id: int) -> Bulk:
    bulk = await store.bulks.get(bulk_id)
    if bulk is None:
        raise NotFound("bulk change", bulk_id)
    return bulk
