"""The stats service over HTTP."""

from collections.abc import Sequence
from typing import Any

import httpx

from services.api.adapters.internal import Refused, ask, ask_for_bytes, given
from services.api.domain.failures import Invalid, Unavailable
from services.api.domain.paging import NOT_A_CURSOR

_WHO = "The statistics do"


class HttpStatistics:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def of_mailing(self, mailing_id: int) -> dict[str, Any]:
        return await self._get(_books(mailing_id), {})

    async def books(self, mailing_id: int) -> bytes:
        answer = await ask_for_bytes(self._client, _WHO, "GET", _books(mailing_id))
        # One look at both ends: reading all of it takes as long as writing it did.
        if answer is None or not (answer.startswith(b'{"') and answer.endswith(b"}")):
            raise Unavailable("The statistics do not answer as they should.")
        return answer

    async def messages(
        self, mailing_id: int, status: str | None, limit: int, cursor: str | None
    ) -> dict[str, Any]:
        asked = given(status=status, limit=limit, cursor=cursor)
        return await self._get(f"/mailings/{mailing_id}/messages", asked)

    async def of_mailings(self, mailing_ids: Sequence[int]) -> dict[str, Any]:
        return await self._get("/statistics", {"mailing_id": list(mailing_ids)})

    async def message(self, message_id: int) -> dict[str, Any] | None:
        return await self._ask(f"/messages/{message_id}", {})

    async def _get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        answer = await self._ask(path, query)
        if answer is None:
            raise Unavailable("The statistics do not know what was asked for.")
        return answer

    async def _ask(self, path: str, query: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return await ask(self._client, _WHO, "GET", path, params=query)
        except Refused:
            # The rest of the query was checked here; the cursor is of its own making.
            raise Invalid(NOT_A_CURSOR) from None


def _books(mailing_id: int) -> str:
    return f"/mailings/{mailing_id}/statistics"
