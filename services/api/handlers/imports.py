"""Imports: a file is received, then its rows are booked batch by batch.

A batch is one transaction: its clients, the messages about them, and how far the import has come.
So whatever ends the work on an import, taking it up again neither counts nor writes a row twice.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from services.api.domain.audit import Action, Deed
from services.api.domain.callers import Caller
from services.api.domain.clients import Client, news, portions
from services.api.domain.deeds import of_import
from services.api.domain.failures import FieldFault, Invalid, NotFound
from services.api.domain.imports.batches import Batch, Decision, RowError, decide, left_out
from services.api.domain.imports.columns import BadHeader
from services.api.domain.imports.options import Options
from services.api.domain.imports.progress import (
    Advance,
    Import,
    ImportFormat,
    ImportState,
    ImportTask,
)
from services.api.domain.imports.reading import header_of, rows_from
from services.api.domain.imports.uploads import Chunks
from services.api.domain.newcomers import Newcomers, news_of
from services.api.domain.paging import BEHIND_ALL, Page, from_cursor, page_of, row_id
from services.api.ports import Job, Overtaken, Ports, Store
from shared.contracts.directory import ClientsAdded
from shared.contracts.gates import GatesChanged

# What a transaction writes: large enough that its commit costs less than its rows, small enough
# that a request never waits long behind one.
BATCH_ROWS = 10_000
# Some batches are in memory at once, each several times over; rows with many attributes are long.
BATCH_BYTES = 2 * 1024 * 1024
# Chunks pass through memory one by one.
CHUNK_BYTES = 512 * 1024
# An upload that brought nothing for so long will not go on: its process died.
STALE_AFTER = timedelta(hours=1)
# Others write the same clients in between; more often than this, something is wrong.
MOST_TRIES = 10
AS_IT_IS = Options()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Booked:
    accepted: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a batch does to the clients as they were a moment ago, and what is told of those of
    whom little is; they have their ids already."""

    decision: Decision
    arrivals: Sequence[tuple[Newcomers, ClientsAdded]]


def check(format_: ImportFormat, options: Options) -> None:
    """Raises Invalid when they do not go together."""
    if format_ is not ImportFormat.CSV and options.is_about_columns:
        field = "map" if options.names else "delimiter"
        raise Invalid(FieldFault(field, "This is about the columns of a CSV, and here are none."))
    if options.default_timezone is not None and not options.guess_timezone:
        reason = "This is for zones that cannot be guessed: guess_timezone=true goes with it."
        raise Invalid(FieldFault("default_timezone", reason))


async def receive(
    ports: Ports,
    format_: ImportFormat,
    pieces: AsyncIterable[bytes],
    who: Caller,
    options: Options = AS_IT_IS,
) -> int:
    """Keeps the file, decompressed already, and sets the import to run; its id.

    Each chunk is a transaction of its own, so that a slow upload holds no connection. If it breaks
    off, nothing of it stays.
    """
    async with ports.transactions.begin(part=True) as store:
        import_id = await store.imports.open(format_, options, CHUNK_BYTES, ports.clock.now())
    complete = False
    try:
        chunks = await _keep(ports, import_id, pieces)
        async with ports.transactions.begin() as store:
            await store.imports.start(import_id, chunks)
            deed = Deed(Action.START_IMPORT, f"imports/{import_id}", {"format": format_})
            await store.audit.note(deed, who, ports.clock.now())
        complete = True
    finally:
        if not complete:
            async with ports.transactions.begin(part=True) as store:
                await store.imports.abandon(import_id)
    ports.imports.wake()
    return import_id


async def get_import(ports: Ports, import_id: int) -> Import:
    """Raises NotFound."""
    async with ports.transactions.reading() as store:
        found = await store.imports.get(import_id)
    if found is None or found.state is ImportState.RECEIVING:
        raise NotFound("import", import_id)
    return found


async def list_imports(
    ports: Ports, state: ImportState | None, limit: int, cursor: str | None
) -> Page[Import]:
    """Newest first."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        found = await store.imports.page(state, before, limit + 1)
    return page_of(found, limit, lambda one: one.id)


async def errors_of(ports: Ports, import_id: int) -> AsyncIterator[Sequence[RowError]]:
    """All that are kept, some thousands at a time: what one statement sees, it need not keep for
    the next. Raises NotFound, at once."""
    found = await get_import(ports, import_id)
    return _listed(ports, found)


async def _listed(ports: Ports, one: Import) -> AsyncIterator[Sequence[RowError]]:
    after, told = 0, 0
    while True:
        async with ports.transactions.reading() as store:
            part = await store.imports.errors(one.id, after)
        if part is None:
            break
        after = part.id
        told += len(part.errors)
        yield part.errors
    if not told:  # from before there was more than these
        yield one.errors
    elif one.rows_rejected > told:
        yield [left_out(told, one.rows_rejected)]


async def abandon_stale_uploads(ports: Ports) -> int:
    """How many there were."""
    async with ports.transactions.begin() as store:
        return await store.imports.abandon_untouched_since(ports.clock.now() - STALE_AFTER)


async def work_through(ports: Ports, job: Job[ImportTask]) -> AsyncIterator[Booked]:
    """Books the rows of an import from where it stands to its end."""
    try:
        async for batch, plan in _ahead(
            _planned(ports, _batches(ports, job.task), job.task.options)
        ):
            yield await _book(ports, job, batch, plan)
    except BadHeader as bad:
        await _finish(ports, job, RowError(0, bad.column, str(bad)))
    else:
        await _finish(ports, job, None)


async def give_up(ports: Ports, job: Job[ImportTask]) -> None:
    """Ends an import that we fail at ourselves, rather than fail at it for ever."""
    await _finish(ports, job, RowError(0, None, "Something went wrong here; it is logged."))


async def _keep(ports: Ports, import_id: int, pieces: AsyncIterable[bytes]) -> int:
    """The number of chunks; there is always one, if an empty one."""
    chunks = Chunks(CHUNK_BYTES)
    number = 0
    async for piece in pieces:
        for chunk in chunks.feed(piece):
            await _keep_chunk(ports, import_id, number, chunk)
            number += 1
    await _keep_chunk(ports, import_id, number, chunks.rest())
    return number + 1


async def _keep_chunk(ports: Ports, import_id: int, number: int, body: bytes) -> None:
    async with ports.transactions.begin(part=True) as store:
        await store.imports.add_chunk(import_id, number, body, ports.clock.now())


async def _ahead(items: AsyncIterator[T]) -> AsyncIterator[T]:
    """Gets the next one ready while the database writes the present one."""
    upcoming = asyncio.ensure_future(anext(items, None))
    try:
        while (item := await upcoming) is not None:
            upcoming = asyncio.ensure_future(anext(items, None))
            yield item
    finally:
        upcoming.cancel()


async def _planned(
    ports: Ports, batches: AsyncIterator[Batch], options: Options
) -> AsyncIterator[tuple[Batch, Plan]]:
    """Others may write the same clients before the batch is written."""
    async for batch in batches:
        async with ports.transactions.begin() as store:
            plan = await _plan(store, batch, ports.clock.now(), options)
        yield batch, plan


async def _plan(store: Store, batch: Batch, now: datetime, options: Options) -> Plan:
    existing = await store.clients.with_phones(batch.phones())
    decision = decide(batch, existing, now, options.default_timezone)
    if options.dry_run:
        return Plan(decision, ())
    arrivals = []
    for newcomers in decision.newcomers:
        ids = await store.clients.ids(len(newcomers.phones))
        arrivals.append((newcomers, news_of(newcomers, ids)))
    return Plan(decision, arrivals)


async def _batches(ports: Ports, task: ImportTask) -> AsyncIterator[Batch]:
    start = await _chunk(ports, task, 0)
    header = header_of(task.format, start, final=task.chunks == 1, options=task.options)
    reader = rows_from(header, task.offset, task.options)
    batch = Batch(task.rows_read + 1, task.offset)
    async for data, final in _file_from(ports, task):
        for block in reader.feed(data, final=final):
            await asyncio.sleep(0)  # requests, and the batch that is being written, have their turn
            taken = 0
            while (taken := batch.take(block, taken, BATCH_ROWS)) < len(block.rows):
                yield batch
                batch = batch.next()
            if batch.bytes_read >= BATCH_BYTES:
                yield batch
                batch = batch.next()
    if batch.rows_read:
        yield batch


async def _file_from(ports: Ports, task: ImportTask) -> AsyncIterator[tuple[bytes, bool]]:
    """The file from the offset of the task on, and with each piece, whether it is the last."""
    first, skipped = divmod(task.offset, task.chunk_bytes)
    for number in range(first, task.chunks):
        data = await _chunk(ports, task, number)
        yield data[skipped:], number == task.chunks - 1
        skipped = 0


async def _chunk(ports: Ports, task: ImportTask, number: int) -> bytes:
    async with ports.transactions.reading() as store:
        return await store.imports.chunk(task.id, number)


async def _book(ports: Ports, job: Job[ImportTask], batch: Batch, plan: Plan | None) -> Booked:
    for _ in range(MOST_TRIES):
        now = ports.clock.now()
        try:
            async with job.begin() as store:
                plan = plan or await _plan(store, batch, now, job.task.options)
                return await _write(store, job.task, batch, plan, now)
        except Overtaken as overtaken:
            last, plan = overtaken, None
    raise last


async def _write(store: Store, task: ImportTask, batch: Batch, plan: Plan, now: datetime) -> Booked:
    decision = plan.decision
    if not task.options.dry_run:
        await _enter(store, plan, now)
        clients = await _apply(store, decision, now)
        await _tell(store, clients, decision)
    errors = sorted(batch.errors + decision.errors, key=lambda error: error.row)
    await store.imports.advance(
        task.id,
        Advance(
            end=batch.end,
            read=batch.rows_read,
            added=decision.clients_added(),
            changed=len(decision.changed),
            errors=errors,
        ),
    )
    return Booked(batch.rows_read - len(errors), len(errors))


async def _enter(store: Store, plan: Plan, now: datetime) -> None:
    for newcomers, told in plan.arrivals:
        await store.tags.ensure(newcomers.tags(), now)
        await store.clients.enter(newcomers, told.ids, now)
        await store.outbox.put(told, wake=False)


async def _apply(store: Store, decision: Decision, now: datetime) -> list[Client]:
    added = await store.clients.add(decision.added, now) if decision.added else []
    if decision.changed:
        await store.clients.change(decision.changed)
    clients = added + decision.changed
    await store.tags.ensure({tag for one in clients for tag in one.profile.tags}, now)
    return clients


async def _tell(store: Store, clients: list[Client], decision: Decision) -> None:
    """Gates wake the relay; the rest may wait the moment until it looks by itself."""
    if decision.gates:
        await store.outbox.put(GatesChanged(gates=tuple(decision.gates)))
    for portion in portions(clients):
        await store.outbox.put(news(portion), wake=False)


async def _finish(ports: Ports, job: Job[ImportTask], error: RowError | None) -> None:
    async with job.begin() as store:
        now = ports.clock.now()
        await store.imports.finish(job.task.id, error, now)
        ended = await store.imports.get(job.task.id)
        if ended is not None:
            await store.audit.note(of_import(ended), None, now)
