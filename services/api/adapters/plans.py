"""The scheduler's plans over HTTP."""

from typing import Any

import httpx
from pydantic import TypeAdapter, ValidationError

from services.api.adapters.internal import Refused, ask, given
from services.api.domain.explain_facts import PlanStanding
from services.api.domain.failures import Invalid, Unavailable
from shared.contracts.mailings import MailingSpec

# A plan may count a million clients and look at two hundred of them.
PLAN_TIMEOUT = 5.0

_WHO = "The scheduler does"
_STANDING = TypeAdapter(PlanStanding)


class HttpPlans:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def preview(
        self, spec: MailingSpec, client_id: int | None, position: int
    ) -> dict[str, Any]:
        answer = await self._plan(
            "POST", "/plan", client_id, position, json=spec.model_dump(mode="json", by_alias=True)
        )
        if answer is None:
            raise Unavailable(f"{_WHO} not know what was asked for.")
        return answer

    async def of_mailing(
        self, mailing_id: int, client_id: int | None, position: int, revision: int
    ) -> dict[str, Any] | None:
        path = f"/mailings/{mailing_id}/plan"
        return await self._plan("GET", path, client_id, position, revision)

    async def standing(self, mailing_id: int, client_id: int) -> PlanStanding | None:
        path = f"/mailings/{mailing_id}/clients/{client_id}"
        answer = await ask(self._client, _WHO, "GET", path)
        try:
            return None if answer is None else _STANDING.validate_python(answer)
        except ValidationError as error:
            raise Unavailable(f"{_WHO} not answer as it should.") from error

    async def messages_of(self, client_id: int) -> list[int]:
        path = f"/clients/{client_id}/messages"
        answer = await ask(self._client, _WHO, "GET", path, timeout=PLAN_TIMEOUT)
        if answer is None or not isinstance(answer.get("ids"), list):
            raise Unavailable(f"{_WHO} not answer as it should.")
        return list(map(int, answer["ids"]))

    async def _plan(
        self,
        method: str,
        path: str,
        client_id: int | None,
        position: int,
        revision: int | None = None,
        **options: Any,
    ) -> dict[str, Any] | None:
        query = given(client_id=client_id, position=position, revision=revision)
        try:
            return await ask(
                self._client, _WHO, method, path, params=query, timeout=PLAN_TIMEOUT, **options
            )
        except Refused as refusal:
            raise Invalid(*refusal.faults) from None
