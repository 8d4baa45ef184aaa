"""The life of a mailing."""

from fastapi import APIRouter

from services.api.domain.rights import Right
from services.api.entrypoints.http.common import Id, Who, Wired
from services.api.entrypoints.http.mailings_views import MailingView, StoppedView
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import lifecycle

router = APIRouter(prefix="/mailings/{mailing_id}", tags=["mailings"])


@router.post("/launch", summary="Launch a draft", **guarded(Right.MAILINGS_LAUNCH, also=(404, 409)))
async def launch_mailing(mailing_id: Id, wired: Wired, who: Who) -> MailingView:
    """409 when it is no draft any more, 422 when its end has passed."""
    return MailingView.of(await lifecycle.launch_mailing(wired, mailing_id, who))


@router.post("/pause", summary="Pause a mailing", **guarded(Right.MAILINGS_WRITE, also=(404, 409)))
async def pause_mailing(mailing_id: Id, wired: Wired, who: Who) -> StoppedView:
    """Nothing new is sent from now on, as `stop_confirmed` says. What is paused stays so; 409 when
    it was never launched, or is over."""
    return StoppedView.of_stopped(await lifecycle.pause_mailing(wired, mailing_id, who))


@router.post(
    "/resume", summary="Resume a mailing", **guarded(Right.MAILINGS_LAUNCH, also=(404, 409))
)
async def resume_mailing(mailing_id: Id, wired: Wired, who: Who) -> MailingView:
    """Exactly those get it who have not got it yet. 409 unless it is paused."""
    return MailingView.of(await lifecycle.resume_mailing(wired, mailing_id, who))


@router.post(
    "/cancel", summary="Cancel a mailing", **guarded(Right.MAILINGS_WRITE, also=(404, 409))
)
async def cancel_mailing(mailing_id: Id, wired: Wired, who: Who) -> StoppedView:
    """For good. Nothing new is sent from now on, as `stop_confirmed` says. 409 when it has
    finished."""
    return StoppedView.of_stopped(await lifecycle.cancel_mailing(wired, mailing_id, who))
