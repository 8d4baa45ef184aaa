"""The gates of all mailings that are not over, from the api: for a ledger that has lost them."""

import httpx
from pydantic import TypeAdapter

from shared.contracts.gates import Gate
from shared.contracts.mailings import MailingChanged

# Each is a transaction at the api.
AT_ONCE = 100
TIMEOUT = 60.0

_MAILINGS = TypeAdapter(list[MailingChanged])


class ApiGates:
    """Raises httpx.HTTPError when the api does not answer or refuses."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def recall(self) -> list[Gate]:
        """Of revisions that the mailings have from now on: they stop all that is on its way."""
        gates: list[Gate] = []
        after = 0
        async with httpx.AsyncClient(
            base_url=self._url, headers=self._headers, timeout=TIMEOUT, trust_env=False
        ) as client:
            while True:
                query = {"after": after, "limit": AT_ONCE}
                answer = await client.post("/internal/mailings/recall", params=query)
                page = _MAILINGS.validate_json(answer.raise_for_status().content)
                if not page:
                    return gates
                gates += map(_gate, page)
                after = page[-1].mailing_id


def _gate(mailing: MailingChanged) -> Gate:
    closed = mailing.state != "scheduled"
    return Gate(kind="mailing", id=mailing.mailing_id, revision=mailing.revision, closed=closed)
