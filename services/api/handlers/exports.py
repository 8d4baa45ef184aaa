"""Clients as a file, made while it is sent: a batch of them is in memory, never all."""

from collections.abc import AsyncIterator

from services.api.domain.clients import Client, ClientFilter
from services.api.domain.exports import (
    MOST_ATTRIBUTES,
    ExportFormat,
    csv_header,
    csv_rows,
    ndjson_lines,
)
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.paging import OLDEST, Place
from services.api.ports import Ports

# Each batch is a statement of its own: a slow reader holds no connection.
BATCH = 2_000
# Of the pass before it, which sends nothing but names.
NAMES_BATCH = 20_000


async def export(ports: Ports, wanted: ClientFilter, format_: ExportFormat) -> AsyncIterator[str]:
    """By id, each client as they are when their batch is read.

    The header of a CSV names every attribute that somebody has, so all are looked through before.
    Raises Invalid, before anything is sent, when these are too many.
    """
    if format_ is ExportFormat.NDJSON:
        return _ndjson(ports, wanted)
    return _csv(ports, wanted, await _attribute_names(ports, wanted))


async def _ndjson(ports: Ports, wanted: ClientFilter) -> AsyncIterator[str]:
    async for batch in _batches(ports, wanted):
        yield ndjson_lines(batch)


async def _csv(ports: Ports, wanted: ClientFilter, names: list[str]) -> AsyncIterator[str]:
    yield csv_header(names)
    async for batch in _batches(ports, wanted):
        yield csv_rows(batch, names)


async def _batches(ports: Ports, wanted: ClientFilter) -> AsyncIterator[list[Client]]:
    behind: Place | None = None
    while True:
        async with ports.transactions.reading() as store:
            clients = await store.clients.page(wanted, OLDEST, behind, BATCH)
        if clients:
            yield clients
        if len(clients) < BATCH:
            return
        behind = Place(OLDEST, clients[-1].id)


async def _attribute_names(ports: Ports, wanted: ClientFilter) -> list[str]:
    names: set[str] = set()
    after: int | None = 0
    while after is not None:
        async with ports.transactions.reading() as store:
            found, after = await store.clients.attribute_names(wanted, after, NAMES_BATCH)
        names.update(found)
        if len(names) > MOST_ATTRIBUTES:
            reason = (
                f"These clients have more than {MOST_ATTRIBUTES} different attributes: take NDJSON."
            )
            raise Invalid(FieldFault("format", reason))
    return sorted(names)
