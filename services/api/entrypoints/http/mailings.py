"""Mailings."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from services.api.domain import fields
from services.api.domain.mailings import Mailing, MailingFilter, MailingState
from services.api.domain.paging import Order
from services.api.domain.rights import Right
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    Moment,
    PageView,
    Who,
    Wired,
    location,
)
from services.api.entrypoints.http.mailings_models import (
    MailingBody,
    MailingPatch,
    NewMailingBody,
)
from services.api.entrypoints.http.mailings_views import MailingView, RevisionView
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.problems import validated
from services.api.entrypoints.http.versions import IfMatch, tag_mailing
from services.api.handlers import lifecycle, mailings

router = APIRouter(prefix="/mailings", tags=["mailings"])

StateFilter = Annotated[MailingState | None, Query()]
ChannelFilter = Annotated[str | None, Query(max_length=64, pattern=r"^\w+$")]
NameFilter = Annotated[
    Annotated[str, AfterValidator(fields.name)] | None, Query(description="A part of it.")
]
FromFilter = Annotated[Moment | None, Query(description="Made then or later.")]
ToFilter = Annotated[Moment | None, Query(description="Made earlier.")]


class MailingSort(StrEnum):
    """By the id, the instant it was made, or that of the last change; `-`: the last one first."""

    OLDEST = "id"
    NEWEST = "-id"
    MADE = "created_at"
    MADE_LAST = "-created_at"
    CHANGED = "updated_at"
    CHANGED_LAST = "-updated_at"


SortOfMailings = Annotated[MailingSort, Query()]
DepartmentFilter = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("", summary="List mailings", **guarded(Right.MAILINGS_READ))
async def list_mailings(
    wired: Wired,
    who: Who,
    state: StateFilter = None,
    department_id: DepartmentFilter = None,
    channel: ChannelFilter = None,
    name: NameFilter = None,
    created_from: FromFilter = None,
    created_to: ToFilter = None,
    sort: SortOfMailings = MailingSort.NEWEST,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> PageView[MailingView]:
    """Newest first unless sorted otherwise, without the deleted ones; an administrator sees
    everybody's, anybody else those of their departments. A cursor goes with its own sort alone."""
    wanted = MailingFilter(who.scope, state, department_id, channel, name, created_from, created_to)
    page = await mailings.list_mailings(wired, wanted, limit, cursor, Order.of(sort))
    return PageView(items=list(map(MailingView.of, page.items)), next_cursor=page.next_cursor)


@router.post(
    "",
    summary="Make a mailing",
    status_code=201,
    **guarded(Right.MAILINGS_WRITE, versioned=True),
)
async def create_mailing(
    body: NewMailingBody, request: Request, response: Response, wired: Wired, who: Who
) -> MailingView:
    """It is launched at once, and starts when its interval begins, unless it is a draft; to launch
    it needs `mailings:launch` too. Whoever is in one department need not name it."""
    mailing = await mailings.create_mailing(wired, body.name, body.spec(), who, draft=body.draft)
    response.headers["Location"] = location(request, f"/mailings/{mailing.id}")
    return MailingView.of(tag_mailing(response, mailing))


@router.get(
    "/{mailing_id}",
    summary="Get a mailing",
    **guarded(Right.MAILINGS_READ, also=(404,), versioned=True),
)
async def get_mailing(mailing_id: Id, response: Response, wired: Wired, who: Who) -> MailingView:
    """A deleted mailing is still found here: as cancelled, or finished if it was so before."""
    mailing = await mailings.get_mailing(wired, mailing_id, who.scope)
    return MailingView.of(tag_mailing(response, mailing))


@router.put(
    "/{mailing_id}",
    summary="Replace a mailing",
    **guarded(Right.MAILINGS_WRITE, also=(404, 409, 412), versioned=True),
)
async def replace_mailing(
    mailing_id: Id,
    body: MailingBody,
    response: Response,
    wired: Wired,
    who: Who,
    expected: IfMatch,
) -> MailingView:
    """What is under way by the old words and times is called back and planned anew."""
    wanted = body.name, body.spec()
    mailing = await mailings.change_mailing(wired, mailing_id, who, lambda _: wanted, expected)
    return MailingView.of(tag_mailing(response, mailing))


@router.patch(
    "/{mailing_id}",
    summary="Change a mailing",
    **guarded(Right.MAILINGS_WRITE, also=(404, 409, 412), versioned=True),
)
async def change_mailing(
    mailing_id: Id,
    body: MailingPatch,
    response: Response,
    wired: Wired,
    who: Who,
    expected: IfMatch,
) -> MailingView:
    """What is not given stays. `window` and `filter` are replaced as a whole. It applies to all
    who have not got the mailing yet, and to nobody twice; what is paused stays paused."""
    mailing = await mailings.change_mailing(wired, mailing_id, who, _revised(body), expected)
    return MailingView.of(tag_mailing(response, mailing))


@router.delete(
    "/{mailing_id}",
    summary="Delete a mailing",
    status_code=204,
    **guarded(Right.MAILINGS_WRITE, also=(404, 412)),
)
async def delete_mailing(mailing_id: Id, wired: Wired, who: Who, expected: IfMatch) -> None:
    """It is cancelled and leaves the list; its history and its statistics stay."""
    await lifecycle.delete_mailing(wired, mailing_id, who, expected)


@router.post(
    "/{mailing_id}/clone",
    summary="Copy a mailing",
    status_code=201,
    **guarded(Right.MAILINGS_WRITE, also=(404,), versioned=True),
)
async def clone_mailing(
    mailing_id: Id,
    request: Request,
    response: Response,
    wired: Wired,
    who: Who,
    body: MailingPatch | None = None,
) -> MailingView:
    """A draft with the same content, and what is given here put over it."""
    changes = body or MailingPatch()
    mailing = await mailings.clone_mailing(wired, mailing_id, who, _revised(changes))
    response.headers["Location"] = location(request, f"/mailings/{mailing.id}")
    return MailingView.of(tag_mailing(response, mailing))


@router.get(
    "/{mailing_id}/revisions",
    summary="What a mailing has been",
    **guarded(Right.MAILINGS_READ, also=(404,)),
)
async def list_revisions(
    mailing_id: Id, wired: Wired, who: Who, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[RevisionView]:
    """Newest first. A new name alone is no revision."""
    page = await mailings.list_revisions(wired, mailing_id, who.scope, limit, cursor)
    return PageView(items=list(map(RevisionView.of, page.items)), next_cursor=page.next_cursor)


def _revised(patch: MailingPatch) -> Callable[[Mailing], mailings.Wanted]:
    def revise(before: Mailing) -> mailings.Wanted:
        after = validated(MailingBody, patch.over(before))
        return after.name, after.spec()

    return revise
