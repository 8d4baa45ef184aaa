"""Plans: who gets a mailing when, who does not and why, before anything is sent."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from services.api.entrypoints.http.common import Id, Wired
from services.api.entrypoints.http.mailings_models import NewMailingBody
from services.api.entrypoints.http.plans_models import MailingPlan, Plan
from services.api.entrypoints.http.problems import answers
from services.api.handlers import plans

router = APIRouter(prefix="/mailings", tags=["mailings"])

SampleClient = Annotated[
    int | None, Query(ge=1, lt=2**63, description="Whose text is shown; else those of a few.")
]


def _ok(model: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model}}


@router.post(
    "/preview",
    summary="Preview a mailing",
    responses=_ok(Plan) | answers(401, 422, 503),
)
async def preview(
    body: NewMailingBody, wired: Wired, client_id: SampleClient = None
) -> JSONResponse:
    """What a launch would come to now: per time zone the clients, the hours in UTC and by their own
    clock, what a clock change does to them, and the expected end; who is left out and why; the size
    of the text and what it costs. Nothing is kept and nothing is sent."""
    return JSONResponse(await plans.preview(wired, body.spec(), client_id))


@router.get(
    "/{mailing_id}/plan",
    summary="The plan of a mailing",
    responses=_ok(MailingPlan) | answers(401, 404, 422, 503),
)
async def plan(mailing_id: Id, wired: Wired, client_id: SampleClient = None) -> JSONResponse:
    """Like the preview. Of a launched mailing it tells how each zone stands, and what is expected
    for those who have no message yet."""
    return JSONResponse(await plans.plan_of(wired, mailing_id, client_id))
