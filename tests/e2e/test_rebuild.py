"""The scheduler's whole database is lost in the middle of a mailing, and comes back by one command:
the mailing finishes, and nobody hears from it twice."""

import asyncpg

from tests.support.house import House, csv_of, eventually

EVERYBODY = 3_000
# It had done a good part of its work by then, and the senders had their hands full.
DONE = 600
KEPT = ("control", "alembic_version")


async def test_a_lost_plan_is_rebuilt_and_its_mailing_finishes(
    house: House, first_phone: int
) -> None:
    phones = range(first_phone, first_phone + EVERYBODY)
    await house.import_clients(csv_of(phones, ("Europe/Moscow", "Asia/Omsk"), "lost"))
    await house.misbehave(latency_ms=50)
    mailing = await house.launch(filter={"tags": ["lost"]}, rate_per_second=300)
    await house.accepted(DONE)
    await lose_everything(house)
    await house.command("rebuild")
    books = await house.finished(mailing)
    assert books["by_status"]["sent"] == books["audience"] == EVERYBODY
    provider = await house.provider()
    assert (provider["distinct"], provider["repeats"]) == (EVERYBODY, 0)


async def lose_everything(house: House) -> None:
    database = await asyncpg.connect(house.database("scheduler"))
    tables = await database.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
    )
    lost = ", ".join(row["relname"] for row in tables if row["relname"] not in KEPT)

    async def gone() -> bool:
        try:
            await database.execute(f"TRUNCATE {lost}")
        except asyncpg.DeadlockDetectedError:
            return False
        return True

    try:
        await eventually(gone, 20, every=0.05)
    finally:
        await database.close()
