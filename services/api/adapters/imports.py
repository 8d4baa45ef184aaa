"""Imports in the database: the file in chunks, and how far its rows are booked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, TextClause, cast, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import IMPORT, IMPORT_CHUNK, IMPORT_ERRORS
from services.api.domain.clients import Profile
from services.api.domain.imports.batches import (
    FORGOTTEN,
    MOST_ERRORS_KEPT,
    MOST_ERRORS_LISTED,
    RowError,
)
from services.api.domain.imports.options import Delimiter, Options
from services.api.domain.imports.progress import (
    Advance,
    ErrorsPart,
    Import,
    ImportFormat,
    ImportState,
    ImportTask,
)

_FIRST_ERRORS = f"$[0 to {MOST_ERRORS_KEPT - 1}]"

SHORTEST_PART = 3


def _forgetting(table: str, reason: str) -> TextClause:
    """Of the errors in a column, those that tell of somebody lose their words. ``reason``: where
    one has it. A phone may have been written in any way: its digits are compared."""
    said = f"(one.error ->> {reason})"
    place = reason.strip("'")
    tells = f"""
        (EXISTS (
            SELECT FROM unnest(CAST(:words AS text[])) AS w (word)
            WHERE position(lower(w.word) IN lower({said})) > 0
        ) OR position(:digits IN regexp_replace({said}, '[^0-9]', '', 'g')) > 0)
    """
    return text(f"""
        UPDATE {table} SET errors = (
            SELECT jsonb_agg(
                CASE WHEN {tells}
                    THEN jsonb_set(one.error, '{{{place}}}', to_jsonb(CAST(:instead AS text)))
                    ELSE one.error END
                ORDER BY one.place
            )
            FROM jsonb_array_elements(errors) WITH ORDINALITY AS one (error, place)
        )
        WHERE EXISTS (SELECT FROM jsonb_array_elements(errors) AS one (error) WHERE {tells})
    """)  # noqa: S608 - constants of this module


# Those that are shown with an import are objects, those of its file are lists.
_FORGET_SHOWN = _forgetting("import", "'reason'")
_FORGET_LISTED = _forgetting("import_errors", "2")


class SqlImports:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(
        self, format_: ImportFormat, options: Options, chunk_bytes: int, now: datetime
    ) -> int:
        new = insert(IMPORT).values(
            state=ImportState.RECEIVING,
            format=format_,
            options=asdict(options),
            added=0,
            changed=0,
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

    async def page(self, state: ImportState | None, before: int, limit: int) -> list[Import]:
        query = select(IMPORT).where(IMPORT.c.id < before)
        query = query.where(
            IMPORT.c.state != ImportState.RECEIVING if state is None else IMPORT.c.state == state
        )
        rows = await self._connection.execute(query.order_by(IMPORT.c.id.desc()).limit(limit))
        return list(map(_import, rows))

    async def errors(self, import_id: int, after: int) -> ErrorsPart | None:
        behind = IMPORT_ERRORS.c.import_id == import_id, IMPORT_ERRORS.c.id > after
        query = select(IMPORT_ERRORS).where(*behind).order_by(IMPORT_ERRORS.c.id).limit(1)
        row = (await self._connection.execute(query)).first()
        return None if row is None else ErrorsPart(row.id, [RowError(*one) for one in row.errors])

    async def forget_ended_before(self, moment: datetime, limit: int) -> int:
        ended = select(IMPORT.c.id).where(IMPORT.c.finished_at < moment)
        some = ended.order_by(IMPORT.c.id).limit(limit).with_for_update(skip_locked=True)
        gone = delete(IMPORT).where(IMPORT.c.id.in_(some.scalar_subquery()))
        return (await self._connection.execute(gone)).rowcount

    async def are_unfinished(self) -> bool:
        unfinished = IMPORT.c.state.in_((ImportState.RECEIVING, ImportState.RUNNING))
        return (
            await self._connection.scalar(select(IMPORT.c.id).where(unfinished).limit(1))
            is not None
        )

    async def forget_errors_about(self, profile: Profile) -> int:
        # A part of a name may be anybody's: better one error too many without its words.
        parts = [part for part in (profile.name or "").split() if len(part) >= SHORTEST_PART]
        words = [word for word in (profile.email, profile.name, *parts) if word]
        given = {"words": words, "digits": profile.phone[-10:], "instead": FORGOTTEN}
        await self._connection.execute(_FORGET_LISTED, given)
        return (await self._connection.execute(_FORGET_SHOWN, given)).rowcount

    async def chunk(self, import_id: int, number: int) -> bytes:
        this = IMPORT_CHUNK.c.import_id == import_id, IMPORT_CHUNK.c.number == number
        body: bytes = (
            await self._connection.execute(select(IMPORT_CHUNK.c.body).where(*this))
        ).scalar_one()
        return body

    async def advance(self, import_id: int, by: Advance) -> None:
        booked: dict[str, Any] = {
            "position": by.end,
            "rows_read": IMPORT.c.rows_read + by.read,
            "rows_rejected": IMPORT.c.rows_rejected + len(by.errors),
            "added": IMPORT.c.added + by.added,
            "changed": IMPORT.c.changed + by.changed,
        }
        if by.errors:
            booked["errors"] = _with_errors(by.errors)
        update_ = _one(import_id).values(booked).returning(IMPORT.c.rows_rejected)
        rejected = (await self._connection.execute(update_)).scalar_one()
        room = MOST_ERRORS_LISTED - (rejected - len(by.errors))
        await self._list(import_id, by.errors[: max(0, room)])

    async def finish(self, import_id: int, error: RowError | None, now: datetime) -> None:
        end: dict[str, Any] = {"state": ImportState.DONE, "finished_at": now}
        if error is not None:
            end |= {"state": ImportState.FAILED, "errors": _with_errors([error])}
            await self._list(import_id, [error])
        await self._connection.execute(_one(import_id).values(end))
        chunks = delete(IMPORT_CHUNK).where(IMPORT_CHUNK.c.import_id == import_id)
        await self._connection.execute(chunks)

    async def _list(self, import_id: int, errors: Sequence[RowError]) -> None:
        if errors:
            plain = [astuple(error) for error in errors]
            listed = insert(IMPORT_ERRORS).values(import_id=import_id, errors=plain)
            await self._connection.execute(listed)


def _options_of(stored: Mapping[str, Any]) -> Options:
    """Of an import of the release before there are none."""
    known = Options(**stored)
    delimiter = known.delimiter
    return known if delimiter is None else replace(known, delimiter=Delimiter(delimiter))


def import_task(row: Row[Any]) -> ImportTask:
    return ImportTask(
        id=row.id,
        format=ImportFormat(row.format),
        chunks=row.chunks,
        chunk_bytes=row.chunk_bytes,
        offset=row.position,
        rows_read=row.rows_read,
        options=_options_of(row.options),
    )


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
        dry_run=row.options.get("dry_run", False),
        added=row.added,
        changed=row.changed,
        errors=tuple(RowError(**error) for error in row.errors),
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
