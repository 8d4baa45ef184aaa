"""Receipts, and what clients answer: brought by providers, who sign what they bring."""

import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import Counter as Metric

from services.api.domain.failures import NotFound, Unauthorized
from services.api.domain.inbound import PROVIDER
from services.api.domain.signatures import ID, SIGNATURE, TIMESTAMP
from services.api.entrypoints.http.common import PREFIX, Wired, ports_of
from services.api.entrypoints.http.problems import answers
from services.api.entrypoints.http.receipts_models import ReceiptsBody, TakenView
from services.api.handlers import receipts
from services.api.handlers.receipts import Answered
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# Nobody under it bears a token: the signature is looked at instead.
RECEIPTS_UNDER = f"{PREFIX}/receipts/"

RECEIPTS = Metric(
    "carillon_api_receipts_total", "Receipts that providers brought", ["provider", "status"]
)
INBOUND = Metric(
    "carillon_api_inbound_total",
    "Messages of clients that providers brought: blocked or lifted for them, of a phone that nobody"
    " here has (unknown), of no consequence (other)",
    ["provider", "result"],
)
REFUSED = Metric(
    "carillon_api_receipts_refused_total", "Requests of providers without a right signature"
)

Provider = Annotated[str, Path(pattern=PROVIDER)]
_HEADERS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in (ID, TIMESTAMP, SIGNATURE)
    ]
}


class _Signed(APIRoute):
    """Nothing of a body is read, be it JSON or not, before it is known whose it is."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            await _check(request)
            return await handle(request)

        return checked


async def _check(request: Request) -> None:
    """Raises NotFound, Unauthorized."""
    ports = ports_of(request.scope)
    body = await request.body()
    try:
        receipts.check(ports, request.path_params["provider"], request.headers, body)
    except (NotFound, Unauthorized):
        REFUSED.inc()
        raise


doors = APIRouter(tags=["receipts"], route_class=_Signed)


@doors.post(
    "/receipts/{provider}",
    summary="Bring receipts",
    status_code=202,
    responses=answers(401, 404, 413, 422, 503),
    openapi_extra=_HEADERS,
)
async def bring(provider: Provider, body: ReceiptsBody, wired: Wired) -> TakenView:
    """For a provider whose secret is among `API_RECEIPT_SECRETS` (404 for any other), signed as
    Standard Webhooks says. All of it is taken or nothing (422 names what is wrong), so whoever got
    no answer sends the same again: nothing is done twice.

    A client whose answer is STOP, in one of many languages, is blocked from that moment on; START
    lifts that block. Texts are not kept, and what they say otherwise is nobody's concern here."""
    brought = [one.receipt() for one in body.receipts]
    answered = await receipts.take(
        wired, provider, brought, [one.inbound() for one in body.inbound]
    )
    for status, number in Counter(one.status for one in brought).items():
        RECEIPTS.labels(provider=provider, status=status).inc(number)
    _count(provider, answered, len(body.inbound))
    return TakenView.of(body)


def _count(provider: str, answered: Answered, inbound: int) -> None:
    told = {
        "blocked": answered.blocked,
        "lifted": answered.lifted,
        "unknown": answered.unknown,
    }
    told["other"] = inbound - sum(told.values())
    for result, number in told.items():
        INBOUND.labels(provider=provider, result=result).inc(number)
    if answered.blocked:
        log.info(
            "Clients asked to be sent nothing more",
            extra=facts("stop", provider=provider, clients=answered.blocked),
        )
