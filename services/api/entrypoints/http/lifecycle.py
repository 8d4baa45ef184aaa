"""The life of a mailing."""

from fastapi import APIRouter, Response

from services.api.domain.rights import Right
from services.api.entrypoints.http.common import Id, Who, Wired
from services.api.entrypoints.http.mailings_views import MailingView, StoppedView
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.versions import IfMatch, tag_mailing
from services.api.handlers import lifecycle

router = APIRouter(prefix="/mailings/{mailing_id}", tags=["mailings"])

_PROBLEMS = (404, 409, 412)


@router.post(
    "/launch",
    summary="Launch a draft",
    **guarded(Right.MAILINGS_LAUNCH, also=_PROBLEMS, versioned=True),
)
async def launch_mailing(
    mailing_id: Id, response: Response, wired: Wired, who: Who, expected: IfMatch
) -> MailingView:
    """409 when it is no draft any more, 422 when its end has passed."""
    mailing = await lifecycle.launch_mailing(wired, mailing_id, who, expected)
    return MailingView.of(tag_mailing(response, mailing))


@router.post(
    "/pause",
    summary="Pause a mailing",
    **guarded(Right.MAILINGS_WRITE, also=_PROBLEMS, versioned=True),
)
async def pause_mailing(
    mailing_id: Id, response: Response, wired: Wired, who: Who, expected: IfMatch
) -> StoppedView:
    """Nothing new is sent from now on, as `stop_confirmed` says. What is paused stays so; 409 when
    it was never launched, or is over."""
    stopped = await lifecycle.pause_mailing(wired, mailing_id, who, expected)
    tag_mailing(response, stopped.mailing)
    return StoppedView.of_stopped(stopped)


@router.post(
    "/resume",
    summary="Resume a mailing",
    **guarded(Right.MAILINGS_LAUNCH, also=_PROBLEMS, versioned=True),
)
async def resume_mailing(
    mailing_id: Id, response: Response, wired: Wired, who: Who, expected: IfMatch
) -> MailingView:
    """Exactly those get it who have not got it yet. 409 unless it is paused."""
    mailing = await lifecycle.resume_mailing(wired, mailing_id, who, expected)
    return MailingView.of(tag_mailing(response, mailing))


@router.post(
    "/cancel",
    summary="Cancel a mailing",
    **guarded(Right.MAILINGS_WRITE, also=_PROBLEMS, versioned=True),
)
async def cancel_mailing(
    mailing_id: Id, response: Response, wired: Wired, who: Who, expected: IfMatch
) -> StoppedView:
    """For good. Nothing new is sent from now on, as `stop_confirmed` says. 409 when it has
    finished."""
    stopped = await lifecycle.cancel_mailing(wired, mailing_id, who, expected)
    tag_mailing(response, stopped.mailing)
    return StoppedView.of_stopped(stopped)
