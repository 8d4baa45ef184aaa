"""Mailings as the api has them: what the plan is rebuilt from."""

from collections.abc import AsyncIterator, Sequence

from pydantic import TypeAdapter

from shared.contracts.mailings import MailingChanged
from shared.runtime.asking import OtherService

# The recall of each is a transaction at the api.
RECALLED_AT_ONCE = 100
PAGE = 1_000
TIMEOUT = 60.0

_MAILINGS = TypeAdapter(list[MailingChanged])


class ApiMailings:
    """Raises httpx.HTTPError when the api does not answer or refuses."""

    def __init__(self, url: str, token: str) -> None:
        self._api = OtherService(url, token, TIMEOUT)

    async def recall(self) -> list[MailingChanged]:
        """Every mailing that is launched and not finished, under a new revision from now on;
        those that are cancelled as they were."""
        pages = self._pages("POST", "/internal/mailings/recall", RECALLED_AT_ONCE)
        return [mailing async for page in pages for mailing in page]

    def finished(self) -> AsyncIterator[Sequence[MailingChanged]]:
        return self._pages("GET", "/internal/mailings/finished", PAGE)

    def _pages(self, method: str, path: str, limit: int) -> AsyncIterator[Sequence[MailingChanged]]:
        return self._api.pages(path, _MAILINGS.validate_json, _last, limit=limit, method=method)


def _last(page: Sequence[MailingChanged]) -> int | None:
    return page[-1].mailing_id if page else None
