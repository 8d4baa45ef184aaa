"""Blocks in the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import BLOCK
from services.api.domain.blocks import Block, BlockFilter, NewBlock, Source

_WHO = text("SELECT client_id FROM block WHERE client_id = ANY (CAST(:ids AS bigint[]))")


class SqlBlocks:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, wanted: BlockFilter, before: int, limit: int) -> list[Block]:
        query = select(BLOCK).where(BLOCK.c.id < before)
        if wanted.client_id is not None:
            query = query.where(BLOCK.c.client_id == wanted.client_id)
        if wanted.source is not None:
            query = query.where(BLOCK.c.source == wanted.source)
        rows = await self._connection.execute(query.order_by(BLOCK.c.id.desc()).limit(limit))
        return list(map(_block, rows))

    async def get(self, block_id: int) -> Block | None:
        query = select(BLOCK).where(BLOCK.c.id == block_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else _block(row)

    async def of(self, client_ids: Collection[int]) -> list[Block]:
        query = select(BLOCK).where(BLOCK.c.client_id.in_(client_ids))
        return list(map(_block, await self._connection.execute(query)))

    async def add(self, blocks: Sequence[NewBlock], now: datetime) -> list[Block]:
        rows = [
            {
                "client_id": one.client_id,
                "source": one.source,
                "reason": one.reason,
                "created_by": one.created_by,
                "created_at": one.since or now,
            }
            for one in blocks
        ]
        new = insert(BLOCK).values(rows).returning(BLOCK)
        return list(map(_block, await self._connection.execute(new)))

    async def remove(self, ids: Collection[int]) -> int:
        gone = delete(BLOCK).where(BLOCK.c.id.in_(ids))
        return (await self._connection.execute(gone)).rowcount


async def who_is_blocked(connection: AsyncConnection, client_ids: Sequence[int]) -> set[int]:
    """To be asked once the clients are read: a block that comes or goes in between gives them
    another revision, and so is noticed by whoever changes them."""
    return set(await connection.scalars(_WHO, {"ids": list(client_ids)}))


def _block(row: Row[Any]) -> Block:
    return Block(
        id=row.id,
        client_id=row.client_id,
        source=Source(row.source),
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
    )
