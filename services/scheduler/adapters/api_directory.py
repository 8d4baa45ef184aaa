"""The directory as the api has it, page by page: what the copy is rebuilt from."""

from collections.abc import AsyncIterator

from shared.contracts.directory import ClientsChanged
from shared.runtime.asking import OtherService

PAGE = 1_000
# A page of the api's own table; nobody waits for it but the operator.
TIMEOUT = 30.0


class ApiDirectory:
    def __init__(self, url: str, token: str) -> None:
        self._api = OtherService(url, token, TIMEOUT)

    def pages(self) -> AsyncIterator[ClientsChanged]:
        """Every client, tombstones too, in the order of their ids.

        Raises httpx.HTTPError when the api does not answer or refuses.
        """
        return self._api.pages("/internal/clients", ClientsChanged.decode, _last, limit=PAGE)


def _last(page: ClientsChanged) -> int | None:
    return page.clients[-1].id if page.clients else None
