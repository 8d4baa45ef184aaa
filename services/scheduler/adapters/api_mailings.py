"""Mailings as the api has them: what the plan is rebuilt from."""

from collections.abc import AsyncIterator, Sequence

import httpx
from pydantic import TypeAdapter

from shared.contracts.mailings import MailingChanged

# The recall of each is a transaction at the api.
RECALLED_AT_ONCE = 100
PAGE = 1_000
TIMEOUT = 60.0

_MAILINGS = TypeAdapter(list[MailingChanged])


class ApiMailings:
    """Raises httpx.HTTPError when the api does not answer or refuses."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def recall(self) -> list[MailingChanged]:
        """Every mailing that is launched and not finished, under a new revision from now on;
        those that are cancelled as they were."""
        pages = self._pages("POST", "/internal/mailings/recall", RECALLED_AT_ONCE)
        return [mailing async for page in pages for mailing in page]

    def finished(self) -> AsyncIterator[Sequence[MailingChanged]]:
        return self._pages("GET", "/internal/mailings/finished", PAGE)

    async def _pages(
        self, method: str, path: str, limit: int
    ) -> AsyncIterator[Sequence[MailingChanged]]:
        after = 0
        async with httpx.AsyncClient(
            base_url=self._url, headers=self._headers, timeout=TIMEOUT, trust_env=False
        ) as client:
            while True:
                query = {"after": after, "limit": limit}
                answer = await client.request(method, path, params=query)
                page = _MAILINGS.validate_json(answer.raise_for_status().content)
                if not page:
                    return
                yield page
                after = page[-1].mailing_id
