"""Changes of many clients at once."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.domain.bulk import BulkState
from services.api.domain.rights import Right
from services.api.entrypoints.http.bulk_models import BulkAccepted, BulkBody, BulkView
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    Who,
    Wired,
    answers_only,
    location,
)
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import bulk

# Before clients' own routes, whose /{client_id} would take "bulk" for an id.
router = APIRouter(prefix="/clients/bulk", tags=["clients"])

StateFilter = Annotated[BulkState | None, Query()]


@router.post("", summary="Change many clients", status_code=202, **guarded(Right.CLIENTS_WRITE))
async def change_many(
    body: BulkBody, request: Request, response: Response, wired: Wired, who: Who
) -> BulkAccepted:
    """Gives tags to all whom a filter finds, takes tags from them, or deletes them, as one would
    one by one. It goes on by itself; where it stands is under `/clients/bulk/{id}`. One begins
    when the one before it has ended, and clients who are added after it was asked for are none of
    its."""
    bulk_id = await bulk.start(wired, body.order(), who)
    response.headers["Location"] = location(request, f"/clients/bulk/{bulk_id}")
    return BulkAccepted(id=bulk_id)


@router.get("", summary="List changes of many clients", **guarded(Right.CLIENTS_READ))
async def list_bulks(
    wired: Wired, state: StateFilter = None, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[BulkView]:
    """Newest first."""
    page = await bulk.list_bulks(wired, state, limit, cursor)
    return PageView(items=list(map(BulkView.of, page.items)), next_cursor=page.next_cursor)


answers_only(router, "", "GET", "POST")


@router.get(
    "/{bulk_id}",
    summary="How far a change of many clients is",
    **guarded(Right.CLIENTS_READ, also=(404,)),
)
async def get_bulk(bulk_id: Id, wired: Wired) -> BulkView:
    """`failed`: something went wrong here, and is logged; what was done until then stays done."""
    return BulkView.of(await bulk.get_bulk(wired, bulk_id))
