"""For the other services only: the copies they build anew. Not part of the public API."""

import hmac
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from services.api.domain.failures import Unauthorized
from services.api.entrypoints.http.common import Wired
from services.api.entrypoints.http.gatekeeping import bearer_token
from services.api.handlers import clients, mailings, recalling
from shared.contracts.mailings import MailingChanged

_MOST = 5_000

After = Annotated[int, Query(ge=0, lt=2**63)]
Many = Annotated[int, Query(ge=1, le=_MOST)]
# Each is a transaction of its own.
Few = Annotated[int, Query(ge=1, le=500)]


async def _for_services(request: Request) -> None:
    expected: str = request.app.state.service_token
    given = bearer_token(request.headers)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Unauthorized("This is not the service token.", challenge='error="invalid_token"')


router = APIRouter(
    prefix="/internal", include_in_schema=False, dependencies=[Depends(_for_services)]
)


@router.get("/clients")
async def client_states(wired: Wired, after: After = 0, limit: Many = 1_000) -> Response:
    """A ClientsChanged with clients by id, the deleted ones as tombstones; empty at the end."""
    states = await clients.client_states(wired, after, limit)
    return Response(states.encode(), media_type="application/json")


@router.get("/mailings")
async def launched_mailings(
    wired: Wired, after: After = 0, limit: Many = 1_000
) -> list[MailingChanged]:
    """Mailings launched and not finished, by id; empty at the end."""
    return await mailings.launched_mailings(wired, after, limit)


@router.post("/mailings/recall")
async def recall_mailings(wired: Wired, after: After = 0, limit: Few = 100) -> list[MailingChanged]:
    """Raises their revisions: what is on its way comes back. A page of them; empty at the end."""
    return await recalling.recall_mailings(wired, after, limit)


@router.get("/mailings/finished")
async def finished_mailings(
    wired: Wired, after: After = 0, limit: Many = 1_000
) -> list[MailingChanged]:
    """By id; empty at the end."""
    return await recalling.finished_mailings(wired, after, limit)
