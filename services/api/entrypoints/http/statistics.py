"""Statistics."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse

from services.api.domain.rights import Right
from services.api.entrypoints.http.common import ONE_PAGE, Cursor, Id, Limit, PageView, Who, Wired
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.statistics_models import (
    AllStatistics,
    MailingStatistics,
    MessageView,
)
from services.api.handlers import statistics
from shared.contracts.statuses import Status

router = APIRouter(tags=["statistics"])

StatusFilter = Annotated[Status | None, Query()]


@router.get(
    "/mailings/{mailing_id}/statistics",
    summary="The books of a mailing",
    **guarded(Right.STATISTICS_READ, also=(404,), shows=MailingStatistics),
)
async def mailing_statistics(mailing_id: Id, wired: Wired, who: Who) -> Response:
    books = await statistics.mailing_statistics(wired, mailing_id, who.scope)
    return Response(books, media_type="application/json")


@router.get(
    "/mailings/{mailing_id}/messages",
    summary="The messages of a mailing",
    **guarded(Right.STATISTICS_READ, also=(404,), shows=PageView[MessageView]),
)
async def mailing_messages(
    mailing_id: Id,
    wired: Wired,
    who: Who,
    status: StatusFilter = None,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> JSONResponse:
    """Clients in a wave that has not opened have no message yet."""
    page = await statistics.mailing_messages(wired, mailing_id, who.scope, status, limit, cursor)
    return JSONResponse(page)


@router.get(
    "/statistics",
    summary="The books of all mailings",
    **guarded(Right.STATISTICS_READ, shows=AllStatistics),
)
async def all_statistics(
    wired: Wired, who: Who, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> JSONResponse:
    """Newest mailing first; `total` is over all of them, deleted ones too."""
    return JSONResponse(await statistics.all_statistics(wired, who.scope, limit, cursor))
