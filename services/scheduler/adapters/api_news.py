"""One client or mailing as the api has it, when its news was lost on the way."""

import httpx
from pydantic import TypeAdapter

from shared.contracts.directory import ClientsChanged
from shared.contracts.mailings import MailingChanged
from shared.runtime.asking import OtherService

TIMEOUT = 5.0

_MAILINGS = TypeAdapter(list[MailingChanged])


class ApiNews:
    """Raises ConnectionError while the api does not answer as it should."""

    def __init__(self, url: str, token: str) -> None:
        self._api = OtherService(url, token, TIMEOUT)

    async def client(self, client_id: int) -> ClientsChanged:
        page = ClientsChanged.decode(await self._next("/internal/clients", client_id))
        found = tuple(client for client in page.clients if client.id == client_id)
        # One client says nothing of how far the copy is.
        return ClientsChanged(clients=found)

    async def mailing(self, mailing_id: int) -> MailingChanged | None:
        page = _MAILINGS.validate_json(await self._next("/internal/mailings", mailing_id))
        return next((found for found in page if found.mailing_id == mailing_id), None)

    async def _next(self, path: str, id_: int) -> bytes:
        try:
            return await self._api.page(path, after=id_ - 1, limit=1)
        except httpx.HTTPError as error:
            raise ConnectionError(f"{path}: {type(error).__name__}") from error
