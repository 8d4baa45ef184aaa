"""The audit."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from services.api.domain.audit import Action, AuditFilter, Entry
from services.api.domain.rights import Right
from services.api.entrypoints.http.audit_models import COLUMNS, EntryView, cells
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Limit,
    Moment,
    PageView,
    Wired,
)
from services.api.entrypoints.http.csv_lines import csv_lines
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import audit

router = APIRouter(prefix="/audit", tags=["audit"])

_CSV = {"200": {"description": "The entries.", "content": {"text/csv": {}}}}


UserFilter = Annotated[int | None, Query(ge=1, lt=2**63)]
ActionFilter = Annotated[Action | None, Query()]
SubjectFilter = Annotated[
    str | None,
    Query(
        max_length=200,
        pattern=r"^[a-z_]+(/[^\x00-\x1f\x7f]+)?$",
        description="Such as `mailings/7` or `clients/12`.",
    ),
]
Since = Annotated[Moment | None, Query(alias="from", description="At this instant or later.")]
Until = Annotated[Moment | None, Query(alias="to", description="Before this instant.")]


@router.get("", summary="What was done by whom", **guarded(Right.AUDIT_READ))
async def list_entries(
    wired: Wired,
    user_id: UserFilter = None,
    action: ActionFilter = None,
    subject: SubjectFilter = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> PageView[EntryView]:
    """Newest first. Filters given together must all match. Nothing is ever changed in it or taken
    out."""
    wanted = AuditFilter(user_id, action, subject, since, until)
    page = await audit.list_entries(wired, wanted, limit, cursor)
    return PageView(items=list(map(EntryView.of, page.items)), next_cursor=page.next_cursor)


@router.get(
    "/export",
    summary="The audit as a file",
    response_class=StreamingResponse,
    **guarded(Right.AUDIT_READ, extra={"responses": _CSV}),
)
async def export_entries(
    wired: Wired,
    user_id: UserFilter = None,
    action: ActionFilter = None,
    subject: SubjectFilter = None,
    since: Since = None,
    until: Until = None,
) -> StreamingResponse:
    """CSV, newest first, as long as it may be. `facts` are JSON."""
    wanted = AuditFilter(user_id, action, subject, since, until)
    pages = audit.every_entry(wired, wanted)
    first: list[Entry] = await anext(
        pages, []
    )  # what cannot be read is told before the file has begun
    named = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(_file(first, pages), media_type="text/csv", headers=named)


async def _file(first: list[Entry], rest: AsyncIterator[list[Entry]]) -> AsyncIterator[str]:
    yield csv_lines([COLUMNS, *map(cells, first)])
    async for page in rest:
        yield csv_lines(map(cells, page))
