"""What stats knows of messages that ended failed or unknown, over HTTP."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import httpx
from pydantic import Strict, TypeAdapter, ValidationError

from services.api.adapters.internal import Refused, ask, given
from services.api.domain.choices import Many, OfGroup
from services.api.domain.dead_letters import Dead
from services.api.domain.failures import Invalid, Unavailable
from services.api.domain.paging import NOT_A_CURSOR

# Whoever looks into failures may wait for a count over all of them.
TIMEOUT = 5.0

_WHO = "The statistics do"


@dataclass(frozen=True, slots=True)
class _Page:
    items: list[Dead]
    next_after: Annotated[int, Strict()] | None


_PAGE = TypeAdapter(_Page)


class HttpDeadLetters:
    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def groups(
        self,
        mailing_id: int | None,
        status: str | None,
        reason: str | None,
        limit: int,
        cursor: str | None,
    ) -> dict[str, Any]:
        asked = given(
            mailing_id=mailing_id, status=status, reason=reason, limit=limit, cursor=cursor
        )
        try:
            return await self._ask("/dead-letters", asked)
        except Refused:
            # The rest of the query was checked here; the cursor is of its own making.
            raise Invalid(NOT_A_CURSOR) from None

    async def these(self, ids: Sequence[int]) -> list[Dead]:
        found, _ = await self._messages({"message_id": list(ids)})
        return found

    async def chosen(self, chosen: Many, after: int, limit: int) -> tuple[list[Dead], int | None]:
        return await self._messages(_query(chosen) | {"after": after, "limit": limit})

    async def _messages(self, query: dict[str, Any]) -> tuple[list[Dead], int | None]:
        try:
            page = _PAGE.validate_python(await self._ask("/dead-letters/messages", query))
        except (Refused, ValidationError) as error:
            raise Unavailable(f"{_WHO} not answer as they should.") from error
        return page.items, page.next_after

    async def _ask(self, path: str, query: dict[str, Any]) -> dict[str, Any]:
        answer = await ask(self._client, _WHO, "GET", path, params=query, timeout=TIMEOUT)
        if answer is None:
            raise Unavailable(f"{_WHO} not know what was asked for.")
        return answer


def _query(chosen: Many) -> dict[str, Any]:
    """A group is named by all it has in common, and what it has not is left out."""
    if isinstance(chosen, OfGroup):
        return given(**asdict(chosen.group)) | {"exact": True}
    return given(mailing_id=chosen.mailing_id, status=chosen.status)
