"""Mailings."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.domain.mailings import Mailing, MailingState
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    Wired,
    location,
)
from services.api.entrypoints.http.mailings_models import (
    MailingBody,
    MailingPatch,
    MailingView,
    NewMailingBody,
)
from services.api.entrypoints.http.problems import answers, validated
from services.api.handlers import mailings

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
    body: NewMailingBody, request: Request, response: Response, wired: Wired
) -> MailingView:
    """It is launched at once, and starts when its interval begins, unless it is a draft."""
    mailing = await mailings.create_mailing(wired, body.name, body.spec(), draft=body.draft)
    response.headers["Location"] = location(request, f"/mailings/{mailing.id}")
    return MailingView.of(mailing)


@router.get("/{mailing_id}", summary="Get a mailing", responses=answers(401, 404, 422, 503))
async def get_mailing(mailing_id: Id, wired: Wired) -> MailingView:
    """A deleted mailing is still found here: as cancelled, or finished if it was so before."""
    return MailingView.of(await mailings.get_mailing(wired, mailing_id))


@router.put(
    "/{mailing_id}", summary="Replace a mailing", responses=answers(401, 404, 409, 422, 503)
)
async def replace_mailing(mailing_id: Id, body: MailingBody, wired: Wired) -> MailingView:
    """What is under way by the old words and times is called back and planned anew."""
    wanted = body.name, body.spec()
    return MailingView.of(await mailings.change_mailing(wired, mailing_id, lambda _: wanted))


@router.patch(
    "/{mailing_id}", summary="Change a mailing", responses=answers(401, 404, 409, 422, 503)
)
async def change_mailing(mailing_id: Id, body: MailingPatch, wired: Wired) -> MailingView:
    """What is not given stays. `window` and `filter` are replaced as a whole."""

    def revise(before: Mailing) -> mailings.Wanted:
        after = validated(MailingBody, body.over(before))
        return after.name, after.spec()

    return MailingView.of(await mailings.change_mailing(wired, mailing_id, revise))


@router.delete(
    "/{mailing_id}",
    summary="Delete a mailing",
    status_code=204,
    responses=answers(401, 404, 422, 503),
)
async def delete_mailing(mailing_id: Id, wired: Wired) -> None:
    """It is cancelled and leaves the list; its history stays."""
    await mailings.delete_mailing(wired, mailing_id)


@router.post(
    "/{mailing_id}/launch", summary="Launch a draft", responses=answers(401, 404, 409, 422, 503)
)
async def launch_mailing(mailing_id: Id, wired: Wired) -> MailingView:
    return MailingView.of(await mailings.launch_mailing(wired, mailing_id))
