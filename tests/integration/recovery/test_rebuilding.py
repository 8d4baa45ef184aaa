"""A scheduler that has lost everything gets it back, and nobody hears of a mailing twice."""

from services.scheduler.wiring import rebuild_with
from shared.contracts.gates import Gate, GatesChanged
from tests.integration.recovery.stub_api import StubApi
from tests.integration.recovery.test_retelling import EVERYBODY, FIRST, SECOND, tell_of_everything
from tests.integration.recovery.world import (
    EXPIRED,
    PATIENCE,
    SUPPRESSED,
    Rows,
    World,
    making_world,
    tagged,
)
from tests.support.examples import mailing
from tests.support.house import eventually
from tests.support.servers import PostgresForTests, RabbitMQForTests

LOSE = """
    TRUNCATE client, zone, crowd, frozen, mailing, wave, message, batch, pace
"""
ROWS = """
    SELECT id, mailing_id, client_id, dispatch, state FROM message
    WHERE NOT client_id % 10 = ANY ($1) ORDER BY id
"""
# Whom the plan had left out by itself: they have no message that anybody else has heard of.
LEFT_OUT = """
    SELECT mailing_id, client_id, dispatch, state, ended_as, reason, detail FROM message
    WHERE client_id % 10 = ANY ($1) AND mailing_id = 1 ORDER BY client_id
"""
OWN_ENDS = [SUPPRESSED, EXPIRED]


async def test_rebuilt_rows_equal_the_lost_ones_and_nobody_hears_twice(
    postgres: PostgresForTests, rabbitmq: RabbitMQForTests
) -> None:
    async with making_world(postgres, rabbitmq) as world, world.stats(), world.scheduler():
        async with world.sender():
            first, second = await tell_of_everything(world)
        # Of a third, nothing has come to a sender yet.
        third = mailing(3, filter={"tags": ("plain",)})
        await world.tell(third)
        await world.until_counted(3, {"queued": 50})
        lost, left_out = await rows(world, ROWS), await rows(world, LEFT_OUT)
        called = world.provider.called.copy()

        await world.databases["scheduler"].execute(LOSE)
        # The senders hear that it is called back before they see any of it.
        await world.tell(
            GatesChanged(gates=(Gate(kind="mailing", id=3, revision=2, closed=False),))
        )
        api = StubApi(world, tagged(EVERYBODY), [first, third], [second])
        async with world.sender() as sender_url, api.running() as api_url:
            urls = {"sender_url": sender_url, "api_url": api_url}
            await rebuild_with(world.scheduler_settings(**urls))
            await world.until_counted(3, SECOND)
            await world.until_counted(1, FIRST)
            await until_left_out(world, left_out)
        rebuilt = await rows(world, ROWS)
        assert [row for row in rebuilt if row["mailing_id"] != 3] == [
            row for row in lost if row["mailing_id"] != 3
        ]
        # What was on its way came back, and went out again as it was, under the next dispatch.
        assert [row for row in rebuilt if row["mailing_id"] == 3] == [
            row | {"dispatch": 2} for row in lost if row["mailing_id"] == 3
        ]
        assert await audience(world) == {1: 100, 2: 50, 3: 50}
        third_ids = {row["id"] for row in lost if row["mailing_id"] == 3}
        since = world.provider.called - called
        assert set(since) <= third_ids
        assert max(since.values()) == 1


async def rows(world: World, query: str) -> Rows:
    return await world.rows("scheduler", query, OWN_ENDS)


async def until_left_out(world: World, wanted: Rows) -> None:
    async def so() -> bool:
        return await rows(world, LEFT_OUT) == wanted

    await eventually(so, PATIENCE, every=0.1)


async def audience(world: World) -> dict[int, int]:
    """What the books count, waves and all."""
    query = "SELECT mailing_id, sum(n)::int AS n FROM book GROUP BY 1"
    return {row["mailing_id"]: row["n"] for row in await world.rows("stats", query)}
