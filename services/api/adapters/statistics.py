"""The stats service over HTTP."""

from collections.abc import Sequence
from typing import Any

import httpx

from services.api.domain.failures import Invalid, Unavailable
from services.api.domain.paging import NOT_A_CURSOR

# A page that waits for statistics is better told that there are none now.
TIMEOUT = httpx.Timeout(1.0)


def make_client(url: str, token: str) -> httpx.AsyncClient:
    """The one client; ``token`` shows that a service is asking."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT, trust_env=False)


class _Unknown(Unavailable):
    """404: an answer about a single message, a fault about anything else."""


class HttpStatistics:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def of_mailing(self, mailing_id: int) -> dict[str, Any]:
        return await self._get(f"/mailings/{mailing_id}/statistics", {})

    async def messages(
        self, mailing_id: int, status: str | None, limit: int, cursor: str | None
    ) -> dict[str, Any]:
        asked = {"status": status, "limit": limit, "cursor": cursor}
        given = {name: value for name, value in asked.items() if value is not None}
        return await self._get(f"/mailings/{mailing_id}/messages", given)

    async def of_mailings(self, mailing_ids: Sequence[int]) -> dict[str, Any]:
        return await self._get("/statistics", {"mailing_id": list(mailing_ids)})

    async def message(self, message_id: int) -> dict[str, Any] | None:
        try:
            return await self._get(f"/messages/{message_id}", {})
        except _Unknown:
            return None

    async def _get(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._client.get(path, params=query)
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise _Unknown("The statistics do not know what was asked for.")
            if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
                # The rest of the query was checked here; the cursor is of its own making.
                raise Invalid(NOT_A_CURSOR)
            body = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise Unavailable("The statistics do not answer now.") from error
        if not isinstance(body, dict):
            raise Unavailable("The statistics do not answer as they should.")
        return body
