"""The scheduler's copy of the directory is lost, and comes back by one command."""

import asyncpg

from tests.support.house import House, csv_of, eventually


async def test_a_lost_copy_is_rebuilt_and_reaches_everybody(house: House, first_phone: int) -> None:
    phones = range(first_phone, first_phone + 300)
    await house.import_clients(csv_of(phones, ("Europe/Moscow", "Asia/Omsk"), "lost"))
    copy = await asyncpg.connect(house.database("scheduler"))
    try:

        async def complete() -> bool:
            count = "SELECT count(*) FROM client WHERE 'lost' = ANY (tags)"
            return bool(await copy.fetchval(count) == 300)

        await eventually(complete, 20, every=0.05)
        await copy.execute("TRUNCATE client, zone")
    finally:
        await copy.close()
    await house.command("rebuild")
    mailing = await house.launch(filter={"tags": ["lost"]})
    books = await house.finished(mailing)
    assert books["by_status"]["sent"] == books["audience"] == 300
    assert (await house.provider())["distinct"] == 300
