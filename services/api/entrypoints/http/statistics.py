"""Statistics."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.api.entrypoints.http.common import ONE_PAGE, Cursor, Id, Limit, PageView, Wired
from services.api.entrypoints.http.problems import answers
from services.api.entrypoints.http.statistics_models import (
    AllStatistics,
    MailingStatistics,
    MessageView,
)
from services.api.handlers import statistics
from shared.contracts.statuses import Status

router = APIRouter(tags=["statistics"])

StatusFilter = Annotated[Status | None, Query()]


def _ok(model: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model}}


@router.get(
    "/mailings/{mailing_id}/statistics",
    summary="The books of a mailing",
    responses=_ok(MailingStatistics) | answers(401, 404, 422, 503),
)
async def mailing_statistics(mailing_id: Id, wired: Wired) -> JSONResponse:
    return JSONResponse(await statistics.mailing_statistics(wired, mailing_id))


@router.get(
    "/mailings/{mailing_id}/messages",
    summary="The messages of a mailing",
    responses=_ok(PageView[MessageView]) | answers(401, 404, 422, 503),
)
async def mailing_messages(
    mailing_id: Id,
    wired: Wired,
    status: StatusFilter = None,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> JSONResponse:
    """Clients in a wave that has not opened have no message yet."""
    page = await statistics.mailing_messages(wired, mailing_id, status, limit, cursor)
    return JSONResponse(page)


@router.get(
    "/statistics",
    summary="The books of all mailings",
    responses=_ok(AllStatistics) | answers(401, 422, 503),
)
async def all_statistics(
    wired: Wired, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> JSONResponse:
    """Newest mailing first."""
    return JSONResponse(await statistics.all_statistics(wired, limit, cursor))
