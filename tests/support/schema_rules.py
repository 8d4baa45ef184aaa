"""Whether old code runs on a new schema: two catalogs of a database, compared.

Old code names tables, columns and the targets of ON CONFLICT; it writes rows without the columns it
does not know, and whatever the constraints allowed that it knew. So nothing of that may go, and
nothing may be asked that it cannot give. What a check between its old and its new words means is
for a person to judge: a new one counts as a breach.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

_COLUMNS = """
    SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
        coalesce(l.collname, '') AS collation, a.attnotnull AS not_null,
        a.atthasdef OR a.attidentity <> '' AS has_default
    FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
        LEFT JOIN pg_collation l ON l.oid = a.attcollation
    WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relname <> 'alembic_version'
"""
# PostgreSQL 18 lists NOT NULL among them, too: the columns tell of it already.
_CONSTRAINTS = """
    SELECT c.relname AS table, r.contype::text AS kind, pg_get_constraintdef(r.oid) AS says
    FROM pg_constraint r JOIN pg_class c ON c.oid = r.conrelid
    WHERE c.relnamespace = 'public'::regnamespace AND r.contype IN ('c', 'f', 'x')
        AND c.relname <> 'alembic_version'
"""
_UNIQUE = """
    SELECT t.relname AS table,
        regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '') AS says
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = 'public'::regnamespace AND i.indisunique
        AND t.relname <> 'alembic_version'
"""
_OTHERS = """
    SELECT 'type ' || t.typname || coalesce(' ' || e.enumlabel, '') AS says
    FROM pg_type t LEFT JOIN pg_enum e ON e.enumtypid = t.oid
    WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd')
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'sequence ' || relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S'
"""
_NAMES = {"c": "check", "f": "foreign key", "x": "exclusion"}


@dataclass(frozen=True, slots=True)
class Column:
    type: str
    not_null: bool
    has_default: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Or a view. ``demands``: what its rows must fulfil; ``unique``: what ON CONFLICT may name."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    unique: frozenset[str] = frozenset()
    demands: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Catalog:
    tables: Mapping[str, Table]
    others: frozenset[str]


async def read_catalog(connection: "asyncpg.Connection[Any]") -> Catalog:
    columns: dict[str, dict[str, Column]] = {}
    for row in await connection.fetch(_COLUMNS):
        collated = f"{row['type']} {row['collation']}".strip()
        column = Column(collated, row["not_null"], row["has_default"])
        columns.setdefault(row["table"], {})[row["name"]] = column
    demands = [
        (row["table"], f"{_NAMES[row['kind']]} {row['says']}")
        for row in await connection.fetch(_CONSTRAINTS)
    ]
    unique = [(row["table"], row["says"]) for row in await connection.fetch(_UNIQUE)]
    tables = {
        name: Table(its, _of(name, unique), _of(name, demands)) for name, its in columns.items()
    }
    others = await connection.fetch(_OTHERS)
    return Catalog(tables, frozenset(row["says"] for row in others))


def _of(table: str, pairs: list[tuple[str, str]]) -> frozenset[str]:
    return frozenset(says for name, says in pairs if name == table)


def breaches(before: Catalog, after: Catalog) -> list[str]:
    """What code made for ``before`` would stumble over, a sentence each, in order."""
    found = [f"{other} is gone" for other in before.others - after.others]
    for name, table in before.tables.items():
        if name in after.tables:
            found += _of_table(name, table, after.tables[name])
        else:
            found.append(f"{name} is gone")
    return sorted(found)


def _of_table(name: str, before: Table, after: Table) -> Iterator[str]:
    for column, was in before.columns.items():
        yield from _of_column(f"{name}.{column}", was, after.columns.get(column))
    for column, new in after.columns.items():
        if column not in before.columns and new.not_null and not new.has_default:
            yield f"{name}.{column} is new and must be given"
    for unique in before.unique - after.unique:
        yield f"{name} is no longer unique by {unique}"
    for unique in after.unique - before.unique:
        yield f"{name} must be unique by {unique}"
    for demand in after.demands - before.demands:
        yield f"{name} must fulfil {demand}"


def _of_column(name: str, before: Column, after: Column | None) -> Iterator[str]:
    if after is None:
        yield f"{name} is gone"
        return
    if after.type != before.type:
        yield f"{name} was {before.type} and is {after.type}"
    if after.not_null and not before.not_null:
        yield f"{name} must not be null any more"
    if before.has_default and not after.has_default:
        yield f"{name} has no default any more"
