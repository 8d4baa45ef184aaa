"""The directory as the api has it, page by page: what the copy is rebuilt from."""

from collections.abc import AsyncIterator

import httpx

from shared.contracts.directory import ClientsChanged

PAGE = 1_000
# A page of the api's own table; nobody waits for it but the operator.
TIMEOUT = 30.0


class ApiDirectory:
    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def pages(self) -> AsyncIterator[ClientsChanged]:
        """Every client, tombstones too, in the order of their ids.

        Raises httpx.HTTPError when the api does not answer or refuses.
        """
        after = 0
        async with httpx.AsyncClient(
            base_url=self._url, headers=self._headers, timeout=TIMEOUT, trust_env=False
        ) as client:
            while True:
                answer = await client.get(
                    "/internal/clients", params={"after": after, "limit": PAGE}
                )
                page = ClientsChanged.decode(answer.raise_for_status().content)
                if not page.clients:
                    return
                yield page
                after = page.clients[-1].id
