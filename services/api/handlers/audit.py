"""What was done by whom."""

from services.api.domain.audit import Entry
from services.api.domain.paging import BEHIND_ALL, Page, from_cursor, page_of, row_id
from services.api.ports import Ports


async def list_entries(ports: Ports, limit: int, cursor: str | None) -> Page[Entry]:
    """Newest first."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        found = await store.audit.page(before, limit + 1)
    return page_of(found, limit, lambda entry: entry.id)
