"""The log-ins of one's own."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.callers import Caller
from services.api.domain.sessions import Session
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Instant,
    Limit,
    PageView,
    Who,
    Wired,
)
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import sessions

router = APIRouter(prefix="/auth/sessions", tags=["auth"])

_SESSION: JsonDict = {
    "id": 41,
    "address": "203.0.113.7",
    "created_at": "2027-03-01T09:30:00Z",
    "refreshed_at": "2027-03-02T08:00:00Z",
    "expires_at": "2027-03-16T08:00:00Z",
    "current": True,
}


class SessionView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_SESSION]})

    id: int
    address: str | None = Field(description="Where it began, if that is known.")
    created_at: Instant
    refreshed_at: Instant | None = Field(description="Null: never yet.")
    expires_at: Instant = Field(description="Unless it is refreshed before.")
    current: bool = Field(description="Whether it is the one of this request.")

    @classmethod
    def of(cls, session: Session, who: Caller) -> "SessionView":
        return cls(
            id=session.id,
            address=session.address or None,
            created_at=session.created_at,
            refreshed_at=session.refreshed_at,
            expires_at=session.expires_at,
            current=session.id == who.session_id,
        )


@router.get("", summary="List your sessions", **guarded(by_log_in=True))
async def list_sessions(
    wired: Wired, who: Who, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[SessionView]:
    """Those that are alive, by id."""
    page = await sessions.list_sessions(wired, who, limit, cursor)
    views = [SessionView.of(one, who) for one in page.items]
    return PageView(items=views, next_cursor=page.next_cursor)


@router.delete("", summary="End all other sessions", status_code=204, **guarded(by_log_in=True))
async def end_others(wired: Wired, who: Who) -> None:
    """Whoever has a token of one of them has to log in; this session goes on."""
    await sessions.end_others(wired, who)


@router.delete(
    "/{session_id}",
    summary="End a session",
    status_code=204,
    **guarded(by_log_in=True, also=(404,)),
)
async def end_session(session_id: Id, wired: Wired, who: Who) -> None:
    """One of your own; 404 for any other."""
    await sessions.end_session(wired, session_id, who)
