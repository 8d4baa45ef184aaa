"""The audit."""

from fastapi import APIRouter

from services.api.domain.rights import Right
from services.api.entrypoints.http.audit_models import EntryView
from services.api.entrypoints.http.common import ONE_PAGE, Cursor, Limit, PageView, Wired
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import audit

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("", summary="What was done by whom", **guarded(Right.AUDIT_READ))
async def list_entries(
    wired: Wired, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[EntryView]:
    """Newest first. Nothing is ever changed in it or taken out."""
    page = await audit.list_entries(wired, limit, cursor)
    return PageView(items=list(map(EntryView.of, page.items)), next_cursor=page.next_cursor)
