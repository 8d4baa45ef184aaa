"""Plans: who gets a mailing when, who does not and why, before anything is sent."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.api.domain.rights import Right
from services.api.entrypoints.http.common import Id, Who, Wired, answers_only
from services.api.entrypoints.http.mailings_models import NewMailingBody
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.plans_models import MailingPlan, Plan
from services.api.handlers import plans

router = APIRouter(prefix="/mailings", tags=["mailings"])

SampleClient = Annotated[
    int | None, Query(ge=1, lt=2**63, description="Whose text is shown; else those of a few.")
]


@router.post("/preview", summary="Preview a mailing", **guarded(Right.MAILINGS_READ, shows=Plan))
async def preview(
    body: NewMailingBody, wired: Wired, client_id: SampleClient = None
) -> JSONResponse:
    """What a launch would come to now: per time zone the clients, the hours in UTC and by their own
    clock, what a clock change does to them, and the expected end; who is left out and why; the size
    of the text and what it costs. Nothing is kept and nothing is sent."""
    return JSONResponse(await plans.preview(wired, body.spec(), client_id))


answers_only(router, "/preview", "POST")


@router.get(
    "/{mailing_id}/plan",
    summary="The plan of a mailing",
    **guarded(Right.MAILINGS_READ, also=(404,), shows=MailingPlan),
)
async def plan(
    mailing_id: Id, wired: Wired, who: Who, client_id: SampleClient = None
) -> JSONResponse:
    """Like the preview. Of a launched mailing it tells how each zone stands, and what is expected
    for those who have no message yet."""
    return JSONResponse(await plans.plan_of(wired, mailing_id, who.scope, client_id))
