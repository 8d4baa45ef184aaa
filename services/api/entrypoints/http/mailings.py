"""Mailings."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.domain.mailings import Mailing, MailingState
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    UserId,
    Wired,
    location,
)
from services.api.entrypoints.http.mailings_models import (
    MailingBody,
    MailingPatch,
    NewMailingBody,
)
from services.api.entrypoints.http.mailings_views import MailingView, RevisionView
from services.api.entrypoints.http.problems import answers, validated
from services.api.handlers import lifecycle, mailings

router = APIRouter(prefix="/mailings", tags=["mailings"])

StateFilter = Annotated[MailingState | None, Query()]


@router.get("", summary="List mailings", responses=answers(401, 422, 503))
async def list_mailings(
    wired: Wired, state: StateFilter = None, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[MailingView]:
    """Newest first, without the deleted ones."""
    page = await mailings.list_mailings(wired, state, limit, cursor)
    return PageView(items=list(map(MailingView.of, page.items)), next_cursor=page.next_cursor)


@router.post("", summary="Make a mailing", status_code=201, responses=answers(401, 422, 503))
async def create_mailing(
    body: NewMailingBody, request: Request, response: Response, wired: Wired, by: UserId
) -> MailingView:
    """It is launched at once, and starts when its interval begins, unless it is a draft."""
    mailing = await mailings.create_mailing(wired, body.name, body.spec(), by, draft=body.draft)
    response.headers["Location"] = location(request, f"/mailings/{mailing.id}")
    return MailingView.of(mailing)


@router.get("/{mailing_id}", summary="Get a mailing", responses=answers(401, 404, 422, 503))
async def get_mailing(mailing_id: Id, wired: Wired) -> MailingView:
    """A deleted mailing is still found here: as cancelled, or finished if it was so before."""
    return MailingView.of(await mailings.get_mailing(wired, mailing_id))


@router.put(
    "/{mailing_id}", summary="Replace a mailing", responses=answers(401, 404, 409, 422, 503)
)
async def replace_mailing(
    mailing_id: Id, body: MailingBody, wired: Wired, by: UserId
) -> MailingView:
    """What is under way by the old words and times is called back and planned anew."""
    wanted = body.name, body.spec()
    return MailingView.of(await mailings.change_mailing(wired, mailing_id, by, lambda _: wanted))


@router.patch(
    "/{mailing_id}", summary="Change a mailing", responses=answers(401, 404, 409, 422, 503)
)
async def change_mailing(
    mailing_id: Id, body: MailingPatch, wired: Wired, by: UserId
) -> MailingView:
    """What is not given stays. `window` and `filter` are replaced as a whole. It applies to all
    who have not got the mailing yet, and to nobody twice; what is paused stays paused."""
    return MailingView.of(await mailings.change_mailing(wired, mailing_id, by, _revised(body)))


@router.delete(
    "/{mailing_id}",
    summary="Delete a mailing",
    status_code=204,
    responses=answers(401, 404, 422, 503),
)
async def delete_mailing(mailing_id: Id, wired: Wired, by: UserId) -> None:
    """It is cancelled and leaves the list; its history and its statistics stay."""
    await lifecycle.delete_mailing(wired, mailing_id, by)


@router.post(
    "/{mailing_id}/clone",
    summary="Copy a mailing",
    status_code=201,
    responses=answers(401, 404, 422, 503),
)
async def clone_mailing(
    mailing_id: Id,
    request: Request,
    response: Response,
    wired: Wired,
    by: UserId,
    body: MailingPatch | None = None,
) -> MailingView:
    """A draft with the same content, and what is given here put over it."""
    changes = body or MailingPatch()
    mailing = await mailings.clone_mailing(wired, mailing_id, by, _revised(changes))
    response.headers["Location"] = location(request, f"/mailings/{mailing.id}")
    return MailingView.of(mailing)


@router.get(
    "/{mailing_id}/revisions",
    summary="What a mailing has been",
    responses=answers(401, 404, 422, 503),
)
async def list_revisions(
    mailing_id: Id, wired: Wired, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[RevisionView]:
    """Newest first. A new name alone is no revision."""
    page = await mailings.list_revisions(wired, mailing_id, limit, cursor)
    return PageView(items=list(map(RevisionView.of, page.items)), next_cursor=page.next_cursor)


def _revised(patch: MailingPatch) -> Callable[[Mailing], mailings.Wanted]:
    def revise(before: Mailing) -> mailings.Wanted:
        after = validated(MailingBody, patch.over(before))
        return after.name, after.spec()

    return revise
