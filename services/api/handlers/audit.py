"""What was done by whom."""

from collections.abc import AsyncIterator
from datetime import datetime

from services.api.domain.audit import AuditFilter, Deed, Entry
from services.api.domain.callers import Caller
from services.api.domain.paging import (
    BEHIND_ALL,
    LARGEST_LIMIT,
    Page,
    from_cursor,
    page_of,
    row_id,
)
from services.api.ports import Ports, Store


async def note(store: Store, deed: Deed | None, who: Caller, now: datetime) -> None:
    """Nothing is to be noted of what changed nothing."""
    if deed is not None:
        await store.audit.note(deed, who, now)


async def list_entries(
    ports: Ports, wanted: AuditFilter, limit: int, cursor: str | None
) -> Page[Entry]:
    """Newest first."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        found = await store.audit.page(wanted, before, limit + 1)
    return page_of(found, limit, lambda entry: entry.id)


async def every_entry(ports: Ports, wanted: AuditFilter) -> AsyncIterator[list[Entry]]:
    """Newest first, as many at a time as a page has at most; each of them is read by itself, so
    that who takes long to hear it all holds nothing."""
    before = BEHIND_ALL
    while True:
        async with ports.transactions.reading() as store:
            found = await store.audit.page(wanted, before, LARGEST_LIMIT)
        if found:
            yield found
        if len(found) < LARGEST_LIMIT:
            return
        before = found[-1].id
