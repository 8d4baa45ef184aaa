"""Imports in the database: the file in chunks, and how far its rows are booked."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, cast, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import IMPORT, IMPORT_CHUNK
from services.api.domain.imports.batches import MOST_ERRORS_KEPT, RowError
from services.api.domain.imports.progress import Import, ImportFormat, ImportState

_FIRST_ERRORS = f"$[0 to {MOST_ERRORS_KEPT - 1}]"


class SqlImports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, format_: ImportFormat, chunk_bytes: int, now: datetime) -> int:
        new = insert(IMPORT).values(
            state=ImportState.RECEIVING,
            format=format_,
            chunk_bytes=chunk_bytes,
            created_at=now,
            touched_at=now,
        )
        id_: int = (await self._connection.execute(new.returning(IMPORT.c.id))).scalar_one()
        return id_

    async def add_chunk(self, import_id: int, number: int, body: bytes, now: datetime) -> None:
        chunk = insert(IMPORT_CHUNK).values(import_id=import_id, number=number, body=body)
        await self._connection.execute(chunk)
        await self._connection.execute(_one(import_id).values(touched_at=now))

    async def start(self, import_id: int, chunks: int) -> None:
        running = _one(import_id).values(state=ImportState.RUNNING, chunks=chunks)
        await self._connection.execute(running)

    async def abandon(self, import_id: int) -> None:
        await self._connection.execute(delete(IMPORT).where(IMPORT.c.id == import_id))

    async def abandon_untouched_since(self, moment: datetime) -> int:
        stale = IMPORT.c.state == ImportState.RECEIVING, IMPORT.c.touched_at < moment
        return (await self._connection.execute(delete(IMPORT).where(*stale))).rowcount

    async def get(self, import_id: int) -> Import | None:
        query = select(IMPORT).where(IMPORT.c.id == import_id)
        row = (await self._connection.execute(query)).first()
        return None if row is None else _import(row)

    async def chunk(self, import_id: int, number: int) -> bytes:
        this = IMPORT_CHUNK.c.import_id == import_id, IMPORT_CHUNK.c.number == number
        body: bytes = (
            await self._connection.execute(select(IMPORT_CHUNK.c.body).where(*this))
        ).scalar_one()
        return body

    async def advance(
        self, import_id: int, *, end: int, read: int, rejected: int, errors: Sequence[RowError]
    ) -> None:
        booked: dict[str, Any] = {
            "position": end,
            "rows_read": IMPORT.c.rows_read + read,
            "rows_rejected": IMPORT.c.rows_rejected + rejected,
        }
        if errors:
            booked["errors"] = _with_errors(errors)
        await self._connection.execute(_one(import_id).values(booked))

    async def finish(self, import_id: int, error: RowError | None, now: datetime) -> None:
        end: dict[str, Any] = {"state": ImportState.DONE, "finished_at": now}
        if error is not None:
            end |= {"state": ImportState.FAILED, "errors": _with_errors([error])}
        await self._connection.execute(_one(import_id).values(end))
        chunks = delete(IMPORT_CHUNK).where(IMPORT_CHUNK.c.import_id == import_id)
        await self._connection.execute(chunks)


def _one(import_id: int) -> Any:
    return update(IMPORT).where(IMPORT.c.id == import_id)


def _with_errors(errors: Sequence[RowError]) -> Any:
    """The first errors of the whole import, those of ``errors`` behind the ones there are."""
    added = literal([asdict(error) for error in errors[:MOST_ERRORS_KEPT]], JSONB)
    first = cast(_FIRST_ERRORS, JSONPATH)
    return func.jsonb_path_query_array(IMPORT.c.errors.concat(added), first)


def _import(row: Row[Any]) -> Import:
    return Import(
        id=row.id,
        state=ImportState(row.state),
        rows_read=row.rows_read,
        rows_accepted=row.rows_read - row.rows_rejected,
        rows_rejected=row.rows_rejected,
        errors=tuple(RowError(**error) for error in row.errors),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
