"""The desk: what failed, or may have, and what nobody could read."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.api.domain.dead_letters import DeadStatus
from services.api.domain.rights import Right
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    Who,
    Wired,
)
from services.api.entrypoints.http.dead_letters_models import ReplayBody, ResolveBody
from services.api.entrypoints.http.dead_letters_views import GroupView, OutcomeView, ParkedView
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import dead_letters, parked

router = APIRouter(prefix="/dead-letters", tags=["dead letters"])

MailingFilter = Annotated[int | None, Query(ge=1, lt=2**63)]
StatusFilter = Annotated[DeadStatus | None, Query()]
ReasonFilter = Annotated[str | None, Query(max_length=100, pattern=r"^\w+$")]
# It holds the name of a group.
GroupCursor = Annotated[
    str | None, Query(description="`next_cursor` of the page before.", max_length=8_000)
]
QueueFilter = Annotated[str | None, Query(max_length=255, pattern=r"^[\w.-]+$")]


@router.get(
    "",
    summary="What failed, by cause",
    **guarded(Right.DEAD_LETTERS_READ, shows=PageView[GroupView]),
)
async def list_groups(
    wired: Wired,
    who: Who,
    mailing_id: MailingFilter = None,
    status: StatusFilter = None,
    reason: ReasonFilter = None,
    limit: Limit = ONE_PAGE,
    cursor: GroupCursor = None,
) -> JSONResponse:
    """Messages that ended failed, or unknown (a call may have been accepted, and nobody knows),
    with a sample of request and answer for each cause. Of other departments' mailings nothing is
    shown, so a page may be short."""
    page = await dead_letters.list_groups(
        wired, who.scope, mailing_id, status, reason, limit, cursor
    )
    return JSONResponse(page)


@router.get("/parked", summary="What nobody could read", **guarded(Right.DEAD_LETTERS_READ))
async def list_parked(
    wired: Wired, queue: QueueFilter = None, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[ParkedView]:
    """Messages on the broker that their consumer could not read, newest first; also those that
    were put back."""
    page = await parked.list_parked(wired, queue, limit, cursor)
    return PageView(items=list(map(ParkedView.of, page.items)), next_cursor=page.next_cursor)


@router.delete(
    "/parked/{parked_id}",
    summary="Throw away what nobody could read",
    status_code=204,
    **guarded(Right.DEAD_LETTERS_WRITE, also=(404,)),
)
async def drop_parked(parked_id: Id, wired: Wired, who: Who) -> None:
    """For good: what it would have said is lost."""
    await parked.drop_parked(wired, parked_id, who)


@router.post(
    "/replay",
    summary="Send again",
    **guarded(Right.DEAD_LETTERS_WRITE, Right.MAILINGS_LAUNCH, also=(404, 409)),
)
async def replay(body: ReplayBody, wired: Wired, who: Who) -> OutcomeView:
    """Each message once more under its own id, by the mailing as it is now: policies, hours and
    deadline hold. Its mailing runs again if it had finished, and stays paused if it is paused; 409
    when it is a draft, cancelled or deleted. What a call of may have been accepted is repeated word
    for word or not at all.

    What is parked goes back to where it was; if it still cannot be read it is parked again.

    At most 100,000 messages in one request: `left` says how many more there are."""
    chosen = body.chosen()
    if isinstance(chosen, tuple):
        done = await parked.replay_parked(wired, chosen, who, dry_run=body.dry_run)
    else:
        done = await dead_letters.replay(wired, chosen, body.ends_at, who, dry_run=body.dry_run)
    return OutcomeView.of(done)


@router.post(
    "/resolve", summary="Say what became of them", **guarded(Right.DEAD_LETTERS_WRITE, also=(404,))
)
async def resolve(body: ResolveBody, wired: Wired, who: Who) -> OutcomeView:
    """For messages that are unknown, when it has become known whether the provider took them. Any
    other is skipped. What is resolved as failed can be sent again."""
    return OutcomeView.of(await dead_letters.resolve(wired, body.message_ids, body.as_, who))
