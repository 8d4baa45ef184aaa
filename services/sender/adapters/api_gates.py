"""The gates of all mailings that are not over, from the api: for a ledger that has lost them."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from shared.contracts.gates import Gate
from shared.contracts.mailings import MailingChanged
from shared.runtime.asking import OtherService

# Each is a transaction at the api.
AT_ONCE = 100
TIMEOUT = 60.0

_MAILINGS = TypeAdapter(list[MailingChanged])


class ApiGates:
    """Raises httpx.HTTPError when the api does not answer or refuses."""

    def __init__(self, url: str, token: str) -> None:
        self._api = OtherService(url, token, TIMEOUT)

    async def recall(self) -> list[Gate]:
        """Of revisions that the mailings have from now on: they stop all that is on its way."""
        pages = self._api.pages(
            "/internal/mailings/recall",
            _MAILINGS.validate_json,
            _last,
            limit=AT_ONCE,
            method="POST",
        )
        return [_gate(mailing) async for page in pages for mailing in page]


def _last(page: Sequence[MailingChanged]) -> int | None:
    return page[-1].mailing_id if page else None


def _gate(mailing: MailingChanged) -> Gate:
    closed = mailing.state != "scheduled"
    return Gate(kind="mailing", id=mailing.mailing_id, revision=mailing.revision, closed=closed)
