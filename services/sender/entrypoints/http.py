"""What another service may ask a sender: internal, with the service token. The ledger and the gates
are shared, so any replica answers for all."""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, get_args

from pydantic import BaseModel, Field, TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.contracts.ledger import GateTable, LedgerRow, Which

MOST = 5_000

_ROWS = TypeAdapter(list[LedgerRow])


class _Forget(BaseModel):
    message_ids: list[int] = Field(max_length=MOST)


class Pages(Protocol):
    async def page(self, after: int, limit: int, which: Which) -> Sequence[LedgerRow]:
        """By message id, from the first greater than ``after``."""
        ...

    async def gates(self, after: int, limit: int) -> GateTable:
        """By mailing, from the first greater than ``after``."""
        ...

    async def forget(self, message_ids: Sequence[int]) -> None:
        """Messages whose mailing never runs again, and whose gate is closed."""
        ...


def reads(pages: Pages, token: str) -> list[Route]:
    """Asked by key: ``?after=&limit=``; an empty page is the end."""

    async def ledger(request: Request) -> bytes:
        which = request.query_params.get("which", "all")
        if which not in get_args(Which):
            raise ValueError("which")
        rows = await pages.page(*_place(request), which)  # type: ignore[arg-type]
        return _ROWS.dump_json(list(rows), exclude_none=True)

    async def gates(request: Request) -> bytes:
        return (await pages.gates(*_place(request))).model_dump_json().encode()

    async def forget(request: Request) -> bytes:
        await pages.forget(_Forget.model_validate_json(await request.body()).message_ids)
        return b"{}"

    return [
        Route("/internal/ledger", _guarded(ledger, token)),
        Route("/internal/ledger/forget", _guarded(forget, token), methods=["POST"]),
        Route("/internal/gates", _guarded(gates, token)),
    ]


def _guarded(
    answer: Callable[[Request], Awaitable[bytes]], token: str
) -> Callable[[Request], Awaitable[Response]]:
    expected = f"Bearer {token}".encode()

    async def endpoint(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), expected):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        try:
            return Response(await answer(request), media_type="application/json")
        except ValueError:
            return Response(status_code=422)

    return endpoint


def _place(request: Request) -> tuple[int, int]:
    """Raises ValueError on anything but numbers that fit."""
    after = int(request.query_params.get("after", "0"))
    limit = int(request.query_params.get("limit", "1000"))
    if not (0 <= after < 2**63 and 1 <= limit <= MOST):
        raise ValueError("after, limit")
    return after, limit
