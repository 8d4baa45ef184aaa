"""Blocks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.domain.blocks import BlockFilter, Source
from services.api.domain.rights import Right
from services.api.entrypoints.http.blocks_models import BlockBody, BlockView
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    Who,
    Wired,
    location,
)
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import blocks

router = APIRouter(prefix="/policies/blocks", tags=["policies"])

ClientFilter = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("", summary="List blocks", **guarded(Right.CLIENTS_READ))
async def list_blocks(
    wired: Wired,
    client_id: ClientFilter = None,
    source: Source | None = None,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> PageView[BlockView]:
    """Newest first. Filters given together must all match."""
    page = await blocks.list_blocks(wired, BlockFilter(client_id, source), limit, cursor)
    return PageView(items=list(map(BlockView.of, page.items)), next_cursor=page.next_cursor)


@router.post(
    "",
    summary="Block a client",
    status_code=201,
    **guarded(Right.CLIENTS_WRITE, also=(409,)),
)
async def add_block(
    body: BlockBody, request: Request, response: Response, wired: Wired, who: Who
) -> BlockView:
    """They are sent nothing more, by no department and on no channel: what is under way is stopped,
    whoever's turn comes is `suppressed` with the reason `blocked`. 409 when they are blocked."""
    block = await blocks.add_block(wired, body.client_id, body.reason, who)
    response.headers["Location"] = location(request, f"/policies/blocks/{block.id}")
    return BlockView.of(block)


@router.get("/{block_id}", summary="Get a block", **guarded(Right.CLIENTS_READ, also=(404,)))
async def get_block(block_id: Id, wired: Wired) -> BlockView:
    return BlockView.of(await blocks.get_block(wired, block_id))


@router.delete(
    "/{block_id}",
    summary="Lift a block",
    status_code=204,
    **guarded(Right.CLIENTS_WRITE, also=(404,)),
)
async def lift_block(block_id: Id, wired: Wired, who: Who) -> None:
    """Later waves reach the client again. What was suppressed stays so."""
    await blocks.lift_block(wired, block_id, who)
