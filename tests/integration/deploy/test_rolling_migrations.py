"""Old code runs on every schema that a ``pre`` migration makes: each is compared with the one
before it, on a real PostgreSQL."""

import asyncio

import asyncpg
import pytest
from alembic import command

from deploy.secret_values import SERVICES
from shared.runtime.migrate import applied, configuration, migrate, steps
from tests.support.schema_rules import breaches, read_catalog
from tests.support.servers import PostgresForTests

# Breaches that are no harm, each by its own words, with the reason.
ACCEPTED: dict[tuple[str, str], dict[str, str]] = {
    # Made before the rule began, and before the first release: no old process has ever run on
    # what they changed.
    ("scheduler", "0003"): {
        "frozen.timezone is new and must be given": "before the first release",
    },
    # The release before does not know the column, so it leaves it null.
    ("api", "0006"): {
        "mailing must fulfil foreign key FOREIGN KEY (department_id) REFERENCES department(id)": (
            "of a column that is new"
        ),
    },
    ("stats", "0002"): {
        "attempt is no longer unique by btree (message_id, dispatch, attempt, kind)": (
            "before the first release"
        ),
        "attempt must be unique by btree (message_id, dispatch, attempt, at)": (
            "before the first release"
        ),
    },
}

MADE = """
    CREATE TYPE mood AS ENUM ('calm', 'cross');
    CREATE TABLE place (id bigint PRIMARY KEY);
    CREATE TABLE guest (
        id bigint PRIMARY KEY, name text NOT NULL DEFAULT '', age integer, mood mood,
        place_id bigint, UNIQUE (name, age)
    );
    CREATE UNIQUE INDEX guest_old ON guest (age) WHERE age > 100;
    CREATE VIEW adult AS SELECT id, age FROM guest WHERE age >= 18;
    CREATE FUNCTION double(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n * 2';
"""

SEEDED = {
    "DROP VIEW adult": "adult is gone",
    "ALTER TABLE place RENAME TO spot": "place is gone",
    "ALTER TABLE guest DROP COLUMN place_id": "guest.place_id is gone",
    "ALTER TABLE guest RENAME COLUMN place_id TO home": "guest.place_id is gone",
    "ALTER TABLE guest ALTER place_id TYPE integer": "guest.place_id was bigint and is integer",
    "ALTER TABLE guest ALTER age SET NOT NULL": "guest.age must not be null any more",
    "ALTER TABLE guest ALTER name DROP DEFAULT": "guest.name has no default any more",
    "ALTER TABLE guest ADD email text NOT NULL": "guest.email is new and must be given",
    "ALTER TABLE guest DROP CONSTRAINT guest_name_age_key": (
        "guest is no longer unique by btree (name, age)"
    ),
    "DROP INDEX guest_old": "guest is no longer unique by btree (age) WHERE (age > 100)",
    "CREATE UNIQUE INDEX ON guest (name)": "guest must be unique by btree (name)",
    "ALTER TABLE guest ADD CHECK (age > 0)": "guest must fulfil check CHECK ((age > 0))",
    "ALTER TABLE guest ADD FOREIGN KEY (place_id) REFERENCES place": (
        "guest must fulfil foreign key FOREIGN KEY (place_id) REFERENCES place(id)"
    ),
    "DROP FUNCTION double(integer)": "function double(integer) is gone",
    "ALTER TYPE mood RENAME VALUE 'cross' TO 'angry'": "type mood cross is gone",
}

HARMLESS = """
    CREATE TABLE visit (id bigint PRIMARY KEY, at timestamptz NOT NULL);
    ALTER TABLE guest ADD email text, ADD vip boolean NOT NULL DEFAULT false,
        ALTER name DROP NOT NULL;
    CREATE INDEX ON guest (place_id);
    CREATE OR REPLACE VIEW adult AS SELECT id, age, name FROM guest WHERE age >= 21;
    ALTER TYPE mood ADD VALUE 'merry';
"""


@pytest.mark.parametrize("service", SERVICES)
async def test_the_release_before_runs_on_the_schema(
    service: str, postgres: PostgresForTests
) -> None:
    url = await postgres.new_database(f"rolling_{service}")
    config = configuration(service, url)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        before = await read_catalog(connection)
        for step in steps(config):
            await asyncio.to_thread(command.upgrade, config, step.revision)
            after = await read_catalog(connection)
            if not step.is_post:
                accepted = sorted(ACCEPTED.get((service, step.revision), {}))
                assert breaches(before, after) == accepted, f"{service} {step.revision}"
            before = after
    finally:
        await connection.close()


async def test_every_rule_sees_its_breach(postgres: PostgresForTests) -> None:
    connection = await asyncpg.connect(
        (await postgres.new_database("seeded")).replace("+asyncpg", "")
    )
    await connection.execute(MADE)
    before = await read_catalog(connection)
    for statement, breach in SEEDED.items():
        undone = connection.transaction()
        await undone.start()
        await connection.execute(statement)
        found = breaches(before, await read_catalog(connection))
        await undone.rollback()
        assert breach in found, statement
    await connection.execute(HARMLESS)
    assert breaches(before, await read_catalog(connection)) == []
    await connection.close()


async def test_pre_goes_as_far_as_the_chain_allows(postgres: PostgresForTests) -> None:
    """No service has a ``post`` migration at its end yet that a deploy could stop before."""
    url = await postgres.new_database("pre")
    await asyncio.to_thread(command.upgrade, configuration("scheduler", url), "0003")
    await asyncio.to_thread(migrate, "scheduler", url, "pre")
    chain = steps(configuration("scheduler", url))
    until_post = next((n for n, step in enumerate(chain) if step.is_post), len(chain))
    assert await asyncio.to_thread(applied, url) == chain[until_post - 1].revision
