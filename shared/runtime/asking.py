"""Asking another service something over HTTP, with the service token; a table, page by page."""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import httpx

P = TypeVar("P")


class OtherService:
    """``timeout``: seconds for an answer. Raises httpx.HTTPError when it does not answer as it
    should."""

    def __init__(self, url: str, token: str, timeout: float) -> None:
        self._url = url
        self._token = token
        self._timeout = timeout

    def client(self) -> httpx.AsyncClient:
        return asking_client(self._url, self._token, self._timeout)

    async def page(self, path: str, *, after: int, limit: int) -> bytes:
        async with self.client() as client:
            answer = await client.get(path, params={"after": after, "limit": limit})
            return answer.raise_for_status().content

    async def pages(
        self,
        path: str,
        read: Callable[[bytes], P],
        last: Callable[[P], int | None],
        *,
        limit: int,
        method: str = "GET",
        **query: Any,
    ) -> AsyncIterator[P]:
        """``last``: the key of a page's last row, behind which the next one begins; None of an
        empty page, which is the end."""
        after = 0
        async with self.client() as client:
            while True:
                wanted = query | {"after": after, "limit": limit}
                answer = await client.request(method, path, params=wanted)
                page = read(answer.raise_for_status().content)
                reached = last(page)
                if reached is None:
                    return
                yield page
                after = reached


def asking_client(url: str, token: str, timeout: float) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout, trust_env=False)
