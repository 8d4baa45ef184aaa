"""The senders' ledger and gates, asked of any of them: they share both."""

from collections.abc import AsyncIterator, Sequence

import httpx
from pydantic import TypeAdapter

from shared.contracts.gates import Gate
from shared.contracts.ledger import GateTable, LedgerRow, Which

PAGE = 2_000
TIMEOUT = 30.0

_ROWS = TypeAdapter(list[LedgerRow])


class SenderLedger:
    """Raises httpx.HTTPError when the sender does not answer or refuses."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    async def pages(self, which: Which) -> AsyncIterator[Sequence[LedgerRow]]:
        after = 0
        async with self._client() as client:
            while True:
                query = {"after": after, "limit": PAGE, "which": which}
                answer = await client.get("/internal/ledger", params=query)
                rows = _ROWS.validate_json(answer.raise_for_status().content)
                if not rows:
                    return
                yield rows
                after = rows[-1].message_id

    async def gates(self) -> GateTable:
        """All of them, with the moment by which they were there."""
        after, found = 0, list[Gate]()
        async with self._client() as client:
            while True:
                query = {"after": after, "limit": PAGE}
                answer = await client.get("/internal/gates", params=query)
                page = GateTable.model_validate_json(answer.raise_for_status().content)
                if not page.gates:
                    return page.model_copy(update={"gates": tuple(found)})
                found += page.gates
                after = page.gates[-1].id

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=self._url, headers=self._headers, timeout=TIMEOUT, trust_env=False
        )
