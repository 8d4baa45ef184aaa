"""The gateway's questions: internal, with the service token. Any replica answers them."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.exceptions import RequestValidationError

from services.scheduler.domain.plan import Plan
from services.scheduler.entrypoints.explained import ExplanationView
from services.scheduler.entrypoints.views import PlanView
from services.scheduler.handlers.explaining import Explanations
from services.scheduler.handlers.previewing import Previews, UnknownClient
from shared.contracts.mailings import MailingSpec
from shared.domain.templates import BadTemplate
from shared.domain.windows import BadWindow

# Identifiers are 64-bit in the database; anything longer is nobody's.
Id = Annotated[int, Path(ge=1, lt=2**63)]
ClientId = Annotated[int | None, Query(ge=1, lt=2**63)]
# Of the last event about clients that the asker knows of.
Position = Annotated[int | None, Query(ge=0, lt=2**63)]
# Of the mailing, as the asker knows it.
Revision = Annotated[int | None, Query(ge=0, lt=2**63)]

_NO_CLIENT = "There is no such client."


def reads(previews: Previews, explanations: Explanations) -> APIRouter:
    router = APIRouter()

    @router.post("/plan")
    async def preview(
        spec: MailingSpec, client_id: ClientId = None, position: Position = None
    ) -> PlanView:
        """What a launch would come to now."""
        up_to_date = await previews.catch_up(position)
        with _refused():
            return PlanView.of(await previews.preview(spec, client_id), up_to_date)

    @router.get("/mailings/{mailing_id}/plan")
    async def plan(
        mailing_id: Id,
        client_id: ClientId = None,
        position: Position = None,
        revision: Revision = None,
    ) -> PlanView:
        caught_up = await asyncio.gather(
            previews.catch_up(position), previews.catch_up_with(mailing_id, revision)
        )
        with _refused():
            found: Plan | None = await previews.of_mailing(mailing_id, client_id)
        if found is None:
            raise HTTPException(404)
        return PlanView.of(found, all(caught_up))

    @router.get("/mailings/{mailing_id}/clients/{client_id}")
    async def explain(mailing_id: Id, client_id: Id) -> ExplanationView:
        found = await explanations.explain(mailing_id, client_id)
        if found is None:
            raise HTTPException(404)
        return ExplanationView.of(found)

    @router.get("/clients/{client_id}/messages")
    async def messages_of(client_id: Id) -> dict[str, list[int]]:
        return {"ids": await explanations.messages_of(client_id)}

    return router


@contextmanager
def _refused() -> Iterator[None]:
    """What cannot be planned is an invalid request."""
    try:
        yield
    except BadTemplate as bad:
        raise _invalid("body", "text", str(bad)) from None
    except BadWindow as bad:
        raise _invalid("body", f"window.{bad.field}", str(bad)) from None
    except UnknownClient:
        raise _invalid("query", "client_id", _NO_CLIENT) from None


def _invalid(place: str, field: str, reason: str) -> RequestValidationError:
    return RequestValidationError([{"loc": (place, field), "msg": reason, "type": "value_error"}])
