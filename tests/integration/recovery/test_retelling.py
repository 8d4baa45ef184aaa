"""The books of stats come back because scheduler and senders tell again what they know."""

from functools import partial

from services.scheduler.wiring import retell_with as scheduler_retells
from services.sender.wiring import retell_with as sender_retells
from shared.contracts.directory import ClientsChanged
from shared.contracts.gates import GatesChanged
from shared.contracts.mailings import MailingChanged
from tests.integration.recovery.world import (
    PATIENCE,
    Rows,
    World,
    gates,
    hours,
    making_world,
    tagged,
)
from tests.support.examples import mailing
from tests.support.house import eventually
from tests.support.servers import PostgresForTests, RabbitMQForTests

EVERYBODY = range(1, 101)
FIRST = {
    "sent": 40,
    "failed": 10,
    "unknown": 10,
    "retrying": 10,
    "suppressed": 10,
    "expired": 10,
    "planned": 10,
}
SECOND = {"sent": 40, "failed": 10}
# A mailing's end is announced anew, at another moment; nothing else may differ.
BOOKS = (
    "SELECT * FROM message ORDER BY id",
    "SELECT * FROM tally WHERE n <> 0 ORDER BY mailing_id, timezone, status",
    "SELECT * FROM wave ORDER BY mailing_id, timezone",
    "SELECT to_jsonb(m) - 'finished_at' AS m FROM mailing m ORDER BY id",
)
CALLS = "SELECT * FROM attempt ORDER BY message_id, dispatch, attempt, at"


async def test_rebuilt_books_equal_the_lost_ones(
    postgres: PostgresForTests, rabbitmq: RabbitMQForTests
) -> None:
    async with (
        making_world(postgres, rabbitmq) as world,
        world.stats(),
        world.sender(),
        world.scheduler(),
    ):
        await tell_of_everything(world)
        lost, calls = await books(world), await world.rows("stats", CALLS)

        await retell(world)
        assert (await books(world), await world.rows("stats", CALLS)) == (lost, calls)

        await world.databases["stats"].execute(
            "TRUNCATE message, attempt, grounds, wave, tally, mailing, pace"
        )
        await retell(world)
        await eventually(partial(are_books, world, lost), PATIENCE, every=0.2)


async def tell_of_everything(world: World) -> tuple[MailingChanged, MailingChanged]:
    """One mailing in which everything happens, and one that has finished."""
    everything = mailing(1, text="Hello {{ name }}", window=hours())
    plain = mailing(2, filter={"tags": ("plain",)})
    clients = ClientsChanged(clients=tagged(EVERYBODY))
    await world.tell(GatesChanged(gates=gates(EVERYBODY)), clients, everything, plain)
    await world.until_counted(1, FIRST)
    await world.until_counted(2, SECOND)
    finished = "SELECT count(*) FROM mailing WHERE finished_revision = 1"

    async def ended() -> bool:
        return bool(await world.databases["stats"].fetchval(finished))

    await eventually(ended, PATIENCE, every=0.1)
    await world.until_stats_has_all()
    return everything, plain


async def retell(world: World) -> None:
    await scheduler_retells(world.scheduler_settings())
    await sender_retells(world.sender_settings())
    await world.until_stats_has_all()


async def books(world: World) -> list[Rows]:
    return [await world.rows("stats", query) for query in BOOKS]


async def are_books(world: World, lost: list[Rows]) -> bool:
    return await books(world) == lost
