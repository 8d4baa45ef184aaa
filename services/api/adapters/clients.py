"""Clients in the database. Many at a time go in one statement, never in a loop of them."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.blocks import who_is_blocked
from services.api.adapters.keys import SqlKeys
from services.api.adapters.newcomers import COLUMNS, rows_of
from services.api.adapters.orders import ordered
from services.api.adapters.tables import BLOCK, CLIENT
from services.api.domain.bulk import Part, Whom
from services.api.domain.clients import Client, ClientFilter, Profile, Tombstone, news
from services.api.domain.fields import TAG_SEPARATOR
from services.api.domain.newcomers import Newcomers
from services.api.domain.paging import Order, Place
from services.api.ports import Overtaken
from shared.contracts.directory import ClientsChanged
from shared.runtime.copying import copy_rows

_LIVING = CLIENT.c.phone.is_not(None)

# One array per column. Tags have no array of arrays (they differ in length): they go as one
# string, with the separator that no tag can contain.
_ADD = text("""
    INSERT INTO client (phone, operator_code, timezone, tags, email, name, attributes,
                        timezone_guessed, created_at, updated_at)
    SELECT phone, operator_code, timezone, string_to_array(tags, ';'), email, name,
           CAST(attributes AS jsonb), timezone_guessed,
           CAST(:now AS timestamptz), CAST(:now AS timestamptz)
    FROM unnest(
        CAST(:phones AS text[]), CAST(:operator_codes AS text[]), CAST(:timezones AS text[]),
        CAST(:tags AS text[]), CAST(:emails AS text[]), CAST(:names AS text[]),
        CAST(:attributes AS text[]), CAST(:timezones_guessed AS boolean[])
    ) AS new (phone, operator_code, timezone, tags, email, name, attributes, timezone_guessed)
    ON CONFLICT (phone) DO NOTHING
    RETURNING id, phone
""")

_CHANGE = text("""
    UPDATE client
    SET revision = new.revision, phone = new.phone, operator_code = new.operator_code,
        timezone = new.timezone, tags = string_to_array(new.tags, ';'), email = new.email,
        name = new.name, attributes = CAST(new.attributes AS jsonb),
        timezone_guessed = new.timezone_guessed, updated_at = new.updated_at
    FROM unnest(
        CAST(:phones AS text[]), CAST(:operator_codes AS text[]), CAST(:timezones AS text[]),
        CAST(:tags AS text[]), CAST(:emails AS text[]), CAST(:names AS text[]),
        CAST(:attributes AS text[]), CAST(:timezones_guessed AS boolean[]),
        CAST(:ids AS bigint[]), CAST(:revisions AS bigint[]), CAST(:moments AS timestamptz[])
    ) AS new (phone, operator_code, timezone, tags, email, name, attributes, timezone_guessed,
              id, revision, updated_at)
    WHERE client.id = new.id AND client.revision = new.revision - 1
""")

# Every phone by the index, one after the other. Asked for all at once, the planner reads a table
# of fifty thousand from end to end, and so for each batch of an import.
# Columns by name: one that is new is nothing to a process of the release before.
_WITH_PHONES = text(f"""
    SELECT {", ".join(f"found.{column.name}" for column in CLIENT.c)}
    FROM unnest(CAST(:phones AS text[])) AS wanted (phone)
    CROSS JOIN LATERAL (SELECT * FROM client WHERE client.phone = wanted.phone LIMIT 1) AS found
""")  # noqa: S608 - names of this module's table.columns(*CLIENT.c)

# The sequence is looked up once, not for each of them.
_IDS = text("""
    WITH sequence AS MATERIALIZED (
        SELECT CAST(pg_get_serial_sequence('client', 'id') AS regclass) AS of_clients
    )
    SELECT ARRAY(SELECT nextval(of_clients) FROM sequence, generate_series(1, :count))
""")

_BURY = text("""
    UPDATE client
    SET revision = new.revision, phone = NULL, operator_code = NULL, timezone = NULL, tags = '{}',
        email = NULL, name = NULL, attributes = '{}', timezone_guessed = false,
        updated_at = :now, deleted_at = :now
    FROM unnest(CAST(:ids AS bigint[]), CAST(:revisions AS bigint[])) AS new (id, revision)
    WHERE client.id = new.id
""")

_FORGET_TRIALS = text("""
    UPDATE trial SET phone = NULL
    FROM client
    WHERE client.id = ANY (CAST(:ids AS bigint[])) AND trial.phone = client.phone
""")


class SqlClients:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, client_id: int, *, lock: bool = False) -> Client | None:
        query = select(CLIENT).where(CLIENT.c.id == client_id, _LIVING)
        found = await self._select(query.with_for_update() if lock else query)
        return found[0] if found else None

    async def page(
        self, wanted: ClientFilter, order: Order, behind: Place | None, limit: int
    ) -> list[Client]:
        query = ordered(select(CLIENT).where(*_those(wanted)), CLIENT, order, behind)
        return await self._select(query.limit(limit))

    async def attribute_names(
        self, wanted: ClientFilter, after: int, limit: int
    ) -> tuple[list[str], int | None]:
        columns = select(CLIENT.c.id, CLIENT.c.attributes)
        behind = columns.where(CLIENT.c.id > after, *_those(wanted))
        page = behind.order_by(CLIENT.c.id).limit(limit).cte("page")
        names = select(func.jsonb_object_keys(page.c.attributes)).distinct()
        found = select(
            select(func.max(page.c.id)).scalar_subquery(),
            func.array(names.scalar_subquery(), type_=ARRAY(Text)),
        )
        last, listed = (await self._connection.execute(found)).one()
        return listed, last

    async def with_phone(self, phone: str) -> int | None:
        query = select(CLIENT.c.id).where(CLIENT.c.phone == phone)
        found: int | None = await self._connection.scalar(query)
        return found

    async def with_phones(self, phones: Collection[str]) -> dict[str, Client]:
        # In the order of the index: neighbours are found with less effort than strangers.
        rows = await self._connection.execute(_WITH_PHONES, {"phones": sorted(phones)})
        return {one.profile.phone: one for one in await self._clients(rows)}

    async def with_tag(self, tag: str, limit: int) -> list[Client]:
        query = select(CLIENT).where(CLIENT.c.tags.contains([tag]))
        return await self._select(query.order_by(CLIENT.c.id).limit(limit).with_for_update())

    async def last_id(self) -> int:
        return await self._connection.scalar(select(func.max(CLIENT.c.id))) or 0

    async def part(self, whom: Whom, after: int, last: int, size: int) -> Part | None:
        within = CLIENT.c.id > after, CLIENT.c.id <= last
        looked_at = select(CLIENT).where(*within).order_by(CLIENT.c.id).limit(size).subquery()
        matching = func.array_agg(looked_at.c.id).filter(*_among(looked_at.c, whom))
        found = select(func.max(looked_at.c.id), matching)
        end, ids = (await self._connection.execute(found)).one()
        if end is None:
            return None
        return Part(end, await self._locked(ids, whom) if ids else [])

    async def _locked(self, ids: Sequence[int], whom: Whom) -> list[Client]:
        """They may have become others since they were looked at."""
        query = select(CLIENT).where(CLIENT.c.id == _any_of(CLIENT.c.id, ids))
        query = query.where(*_among(CLIENT.c, whom)).order_by(CLIENT.c.id)
        return await self._select(query.with_for_update())

    async def add(self, profiles: Sequence[Profile], now: datetime) -> list[Client]:
        result = await self._connection.execute(_ADD, _arrays(profiles) | {"now": now})
        ids = {phone: id_ for id_, phone in result}
        if len(ids) != len(profiles):
            raise Overtaken
        return [Client(ids[one.phone], 1, one, now, now) for one in profiles]

    async def ids(self, count: int) -> list[int]:
        return await self._connection.scalar(_IDS, {"count": count}) or []

    async def enter(self, newcomers: Newcomers, ids: Sequence[int], now: datetime) -> None:
        try:
            await copy_rows(self._connection, "client", COLUMNS, rows_of(newcomers, ids, now))
        except asyncpg.UniqueViolationError as error:
            raise Overtaken from error

    async def change(self, clients: Sequence[Client]) -> None:
        values = _arrays([client.profile for client in clients]) | {
            "ids": [client.id for client in clients],
            "revisions": [client.revision for client in clients],
            "moments": [client.updated_at for client in clients],
        }
        try:
            changed = await self._connection.execute(_CHANGE, values)
        except IntegrityError as error:
            raise Overtaken from error
        if changed.rowcount != len(clients):
            raise Overtaken

    async def bury(self, tombstones: Sequence[Tombstone], now: datetime) -> None:
        ids = [one.id for one in tombstones]
        buried = {"ids": ids, "revisions": [one.revision for one in tombstones], "now": now}
        theirs = BLOCK.c.client_id == _any_of(BLOCK.c.client_id, ids)
        await self._connection.execute(_FORGET_TRIALS, {"ids": ids})
        await self._connection.execute(delete(BLOCK).where(theirs))
        await SqlKeys(self._connection).forget_answers_about([f"clients/{id_}" for id_ in ids])
        await self._connection.execute(_BURY, buried)

    async def contacts(self, ids: Collection[int]) -> Mapping[int, tuple[str, str | None]]:
        columns = select(CLIENT.c.id, CLIENT.c.phone, CLIENT.c.name)
        those = columns.where(CLIENT.c.id == _any_of(CLIENT.c.id, ids), _LIVING)
        result = await self._connection.execute(those)
        return {id_: (phone, name) for id_, phone, name in result}

    async def states(self, after: int, limit: int) -> ClientsChanged:
        query = select(CLIENT).where(CLIENT.c.id > after).order_by(CLIENT.c.id).limit(limit)
        rows = (await self._connection.execute(query)).all()
        living = await self._clients(row for row in rows if row.deleted_at is None)
        buried = [_tombstone(row) for row in rows if row.deleted_at is not None]
        return news(sorted([*living, *buried], key=lambda one: one.id))

    async def _select(self, query: Select[Any]) -> list[Client]:
        return await self._clients(await self._connection.execute(query))

    async def _clients(self, rows: Iterable[Row[Any]]) -> list[Client]:
        clients = list(map(_client, rows))
        if not clients:
            return clients
        blocked = await who_is_blocked(self._connection, [one.id for one in clients])
        return [one._replace(blocked=one.id in blocked) for one in clients] if blocked else clients


def _those(wanted: ClientFilter) -> Iterator[ColumnElement[bool]]:
    yield _LIVING
    if wanted.phone is not None:
        yield CLIENT.c.phone == wanted.phone
    if wanted.operator_code is not None:
        yield CLIENT.c.operator_code == wanted.operator_code
    if wanted.timezone is not None:
        yield CLIENT.c.timezone == wanted.timezone
    if wanted.timezone_guessed is not None:
        guessed = CLIENT.c.timezone_guessed
        yield guessed if wanted.timezone_guessed else ~guessed
    if wanted.tag is not None:
        yield CLIENT.c.tags.contains([wanted.tag])


def _among(columns: Any, whom: Whom) -> Iterator[ColumnElement[bool]]:
    yield columns.phone.is_not(None)
    if whom.tags:
        yield columns.tags.overlap(list(whom.tags))
    for column, values in (
        (columns.operator_code, whom.operator_codes),
        (columns.timezone, whom.timezones),
        (columns.phone, whom.phones),
    ):
        if values:
            yield column == _any_of(column, values)


def _any_of(column: Any, values: Collection[Any]) -> Any:
    """One parameter, however many there are."""
    return any_(cast(bindparam(None, list(values)), ARRAY(column.type)))


def _client(row: Row[Any]) -> Client:
    id_, revision, *told, created, updated, _, guessed = tuple(row)
    phone, code, zone, tags, email, name, attributes = told
    profile = Profile(phone, code, zone, tuple(tags), email, name, attributes, guessed)
    return Client(id_, revision, profile, created, updated)


def _tombstone(row: Row[Any]) -> Tombstone:
    return Tombstone(row.id, row.revision)


def _arrays(profiles: Iterable[Profile]) -> dict[str, list[Any]]:
    profiles = list(profiles)
    return {
        "phones": [one.phone for one in profiles],
        "operator_codes": [one.operator_code for one in profiles],
        "timezones": [one.timezone for one in profiles],
        "tags": [TAG_SEPARATOR.join(one.tags) for one in profiles],
        "emails": [one.email for one in profiles],
        "names": [one.name for one in profiles],
        "attributes": [json.dumps(one.attributes) if one.attributes else "{}" for one in profiles],
        "timezones_guessed": [one.timezone_guessed for one in profiles],
    }
