"""The counts that plans add up are what counting the clients gives, whatever has happened; and
clients are found in the crowd without looking at all of it."""

import asyncio
import random
from collections import Counter

import pytest
from sqlalchemy import text

from services.scheduler.adapters import picking
from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.rows import put_waves
from services.scheduler.domain.turns import OpenWave
from services.scheduler.domain.waves import judge
from services.scheduler.ports import PlannedWave
from shared.contracts.directory import ClientKind, ClientsAdded, ClientState
from shared.contracts.mailings import FilterSpec
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, mailing

ZONES = ("Europe/Moscow", "Asia/Tokyo", "UTC+03:00")
TAGS = ((), ("gold",), ("gold", "old"), ("silver",))
CLIENTS = 12

COUNTED = """
    SELECT timezone, operator_code, tags, count(*) FROM client WHERE NOT deleted GROUP BY 1, 2, 3
"""
KEPT = "SELECT timezone, operator_code, tags, clients FROM crowd"


def some_state(chance: random.Random) -> ClientState:
    number, revision = chance.randint(1, CLIENTS), chance.randint(1, 30)
    if chance.random() < 0.2:
        gone = {"phone": "", "operator_code": "", "timezone": ""}
        return client(number, revision=revision, deleted=True, **gone)
    return client(
        number,
        revision=revision,
        timezone=chance.choice(ZONES),
        operator_code=chance.choice(("901", "916")),
        tags=chance.choice(TAGS),
    )


async def rows(world: World, query: str) -> Counter[tuple[str, str, tuple[str, ...]]]:
    async with world.engine.connect() as connection:
        found = await connection.execute(text(query))
        return Counter({(zone, code, tuple(tags)): n for zone, code, tags, n in found})


async def test_any_sequence_of_states_leaves_the_counts_right(world: World) -> None:
    directory, chance = PostgresDirectory(world.engine), random.Random(7)
    for _ in range(120):  # stale revisions, repeats, tombstones, moves, revivals
        batch = [some_state(chance) for _ in range(chance.randint(1, 8))]
        await directory.apply(batch, {})
        assert await rows(world, KEPT) == await rows(world, COUNTED)
    assert await world.count("SELECT count(*) FROM crowd WHERE clients <= 0") == 0


def some_added(chance: random.Random, first: int) -> ClientsAdded:
    size = chance.randint(0, 6)
    kinds = [
        ClientKind(timezone=zone, operator_code=code, tags=tags)
        for zone, code, tags in zip(ZONES, ("901", "916", "901"), TAGS, strict=False)
    ]
    return ClientsAdded(
        kinds=tuple(kinds),
        ids=tuple(range(first, first + size)),
        phones=tuple(f"7916{number:07d}" for number in range(size)),
        kind_of=tuple(chance.randrange(len(kinds)) for _ in range(size)),
        names=tuple(chance.choice((None, "Ann\\N")) for _ in range(size)),
    )


async def test_whoever_is_added_is_counted_once_whatever_is_known_of_them(world: World) -> None:
    directory, chance = PostgresDirectory(world.engine), random.Random(7)
    told: dict[int, ClientState] = {}
    for number in range(60):  # new ones, repeats, and some that are there or gone already
        added = some_added(chance, chance.randint(1, 200))
        changed = [some_state(chance) for _ in range(chance.randint(0, 3))]
        await directory.apply(changed, {})
        await directory.add(added.model_copy(update={"position": number}), {})
        for state in (*changed, *added.states()):
            before = told.get(state.id)
            if before is None or before.revision < state.revision:
                told[state.id] = state
        assert await rows(world, KEPT) == await rows(world, COUNTED)
    async with world.engine.connect() as connection:
        query = "SELECT id, revision, deleted, phone, tags, name FROM client ORDER BY id"
        found = [(*row[:4], tuple(row[4]), row[5]) for row in await connection.execute(text(query))]
    assert found == [
        (one.id, one.revision, one.deleted, one.phone, one.tags, one.name)
        for one in sorted(told.values(), key=lambda one: one.id)
    ]
    assert await world.count("SELECT clients_position FROM control") == 59


async def test_with_a_client_goes_what_was_said_to_them(world: World) -> None:
    """What is kept of a call whose answer was lost is in their own words."""
    directory = PostgresDirectory(world.engine)
    named = {"name": "Zebedee", "email": "zebedee@example.net", "attributes": {"city": "Qaanaaq"}}
    both = [client(number, phone=f"7916765432{number}", **named) for number in (1, 2)]
    await directory.apply(both, {})
    said = text("""
        INSERT INTO message (id, mailing_id, client_id, timezone, dispatch, state, text)
        SELECT n, 1, n, 'UTC', 1, 'held', 'Hello Zebedee' FROM generate_series(1, 2) AS n
    """)
    async with world.engine.begin() as connection:
        await connection.execute(said)
    blank = {"phone": "", "operator_code": "", "timezone": ""}
    await directory.apply([client(1, revision=2, deleted=True, **blank)], {})
    kept: dict[int, str] = {}
    async with world.engine.connect() as connection:
        for table, key in (("client", "id"), ("message", "client_id")):
            query = text(f"SELECT {key}, CAST(t AS text) FROM {table} t ORDER BY 1")  # noqa: S608
            for number, row in await connection.execute(query):
                kept[number] = kept.get(number, "") + row
    words = ("79167654321", "Zebedee", "zebedee@", "Qaanaaq", "916")
    assert [word for word in words if word in kept[1]] == []
    assert kept[2].count("Zebedee") == 2


async def test_a_rebuild_beside_the_leader_leaves_the_counts_right(world: World) -> None:
    directory, chance = PostgresDirectory(world.engine), random.Random(8)
    for _ in range(20):
        batches = [[some_state(chance) for _ in range(20)] for _ in range(4)]
        await asyncio.gather(*(directory.apply(batch, {}) for batch in batches))
    assert await rows(world, KEPT) == await rows(world, COUNTED)


async def test_a_filter_counts_the_same_as_a_look_at_every_client(world: World) -> None:
    directory, chance = PostgresDirectory(world.engine), random.Random(9)
    states = [some_state(chance).model_copy(update={"id": n, "revision": 1}) for n in range(300)]
    await directory.apply(states, {})
    living = [state for state in states if not state.deleted]
    for tags in (None, ("gold",), ("silver", "old"), ("nobody",)):
        for codes in (None, ("916",), ("901", "916"), ("000",)):
            matching = Counter(
                state.timezone
                for state in living
                if (tags is None or set(tags) & set(state.tags))
                and (codes is None or state.operator_code in codes)
            )
            found = await directory.count_by_zone(FilterSpec(tags=tags, operator_codes=codes))
            assert found == {zone: matching[zone] for zone in ZONES}


# Half of all live in Moscow, the others in fifty zones; one in a hundred is gold.
MANY = """
    INSERT INTO client (id, revision, deleted, phone, operator_code, timezone, tags)
    SELECT n, 1, false, '79' || lpad(n::text, 9, '0'), '900',
        CASE WHEN n % 2 = 0 THEN 'Europe/Moscow' ELSE 'UTC+00:' || n / 2 % 50 + 10 END,
        CASE WHEN n % 100 = 0 THEN ARRAY['all', 'gold'] ELSE ARRAY['all'] END
    FROM generate_series(1, 40000) AS s (n)
"""
TOUCHED = """
    SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'client'
"""


@pytest.mark.parametrize(
    ("audience", "clients", "small"),
    [
        (20_000, 20_000, True),
        (20_001, 40_000, False),
        (50_000, 1_000_000, True),
        (100_000, 1_000_000, False),
        (200_000, 10_000_000, True),
        (20_001, -1, False),  # PostgreSQL has not counted them yet
    ],
)
def test_what_is_a_small_audience_depends_on_how_many_there_are(
    audience: int, clients: int, small: bool
) -> None:
    assert picking.is_small(audience, clients, turn=1_000) is small


@pytest.mark.parametrize(
    ("tag", "audience", "first", "touched"),
    [("all", picking.FEW + 1, 10_002, 2_000), ("gold", 400, 10_100, 400)],
)
async def test_a_turn_looks_at_no_more_clients_than_it_must(
    world: World, tag: str, audience: int, first: int, touched: int
) -> None:
    """A large audience in the order of an index, in which at worst every other one lives elsewhere;
    a small one by its tags."""
    it = mailing(1, filter={"tags": [tag]})
    standing = judge(it, "Europe/Moscow", it.changed_at, begun_at=None)
    async with world.engine.begin() as connection:
        await connection.execute(text(MANY))
        await put_waves(connection, 1, [PlannedWave("Europe/Moscow", audience, standing)])
        await connection.execute(text("ANALYZE client"))
    async with world.engine.begin() as connection:
        wave = OpenWave("Europe/Moscow", 10_000, audience, standing.closes_at)
        picked = await picking.pick(connection, it, [wave], 1_000)
        assert await connection.scalar(text(TOUCHED)) <= touched
    assert picked[0].client_id == first
