"""The senders' ledger and gates, asked of any of them: they share both."""

from collections.abc import AsyncIterator, Sequence

import httpx
from pydantic import TypeAdapter

from shared.contracts.gates import Gate
from shared.contracts.ledger import GateTable, LedgerRow, Which
from shared.runtime.asking import OtherService

PAGE = 2_000
TIMEOUT = 30.0

_ROWS = TypeAdapter(list[LedgerRow])


class SenderLedger:
    """Raises httpx.HTTPError when the sender does not answer or refuses."""

    def __init__(self, url: str, token: str) -> None:
        self._sender = OtherService(url, token, TIMEOUT)

    def pages(self, which: Which) -> AsyncIterator[Sequence[LedgerRow]]:
        path = "/internal/ledger"
        return self._sender.pages(path, _ROWS.validate_json, _last_row, limit=PAGE, which=which)

    async def gates(self) -> GateTable:
        """All of them, with the moment by which they were there."""
        after, found = 0, list[Gate]()
        while True:
            body = await self._sender.page("/internal/gates", after=after, limit=PAGE)
            page = GateTable.model_validate_json(body)
            if not page.gates:
                return page.model_copy(update={"gates": tuple(found)})
            found += page.gates
            after = page.gates[-1].id

    async def forget(self, message_ids: Sequence[int]) -> None:
        """Raises ConnectionError instead: it is tried again."""
        ids = {"message_ids": list(message_ids)}
        try:
            async with self._sender.client() as client:
                answer = await client.post("/internal/ledger/forget", json=ids)
                answer.raise_for_status()
        except httpx.HTTPError as error:
            raise ConnectionError(f"No sender forgets: {type(error).__name__}") from error


def _last_row(page: Sequence[LedgerRow]) -> int | None:
    return page[-1].message_id if page else None
