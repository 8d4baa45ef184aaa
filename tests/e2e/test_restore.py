"""Each database is restored, alone, to an older moment; what the others have seen since holds."""

import asyncio
from functools import partial
from typing import Any

import asyncpg

from tests.support.house import House, Json, csv_of, eventually

ZONES = ("Europe/Moscow", "Asia/Omsk")


async def back_up(house: House) -> str:
    await house.command("backup")
    return str(max((house.home / "backups").iterdir()))


async def restore(house: House, service: str, folder: str) -> None:
    await house.command("restore", FROM=folder, ONLY=service)


async def clients(house: House, first: int, count: int, tag: str) -> dict[str, Any]:
    """Imports them; the filter that means them."""
    await house.import_clients(csv_of(range(first, first + count), ZONES, tag))
    return {"filter": {"tags": [tag]}}


async def test_stats_hears_again_of_what_came_after_its_backup(
    house: House, first_phone: int
) -> None:
    audience = await clients(house, first_phone, 200, "restored-stats")
    before = await house.launch(**audience)
    await house.finished(before)
    folder = await back_up(house)
    after = await house.launch(**audience)
    await house.finished(after)
    known = [await house.written(mailing) for mailing in (before, after)]
    await restore(house, "stats", folder)

    async def heard_again() -> bool:
        return [await house.written(mailing) for mailing in (before, after)] == known

    # What is told again has been published by now; it may still be on its way into the books.
    await eventually(heard_again, 20, every=0.1)


async def test_the_scheduler_of_an_older_moment_sends_nothing_twice(
    house: House, first_phone: int
) -> None:
    audience = await clients(house, first_phone, 1500, "restored-scheduler")
    mailing = await house.launch(rate_per_second=200, **audience)
    await house.accepted(200)
    folder = await back_up(house)
    await house.accepted(500)
    await restore(house, "scheduler", folder)
    found = await house.finished(mailing)
    assert found["by_status"]["sent"] == found["audience"] == 1500
    provider = await house.provider()
    assert (provider["distinct"], provider["repeats"]) == (1500, 0)


async def test_a_ledger_of_an_older_moment_forgets_no_gate(house: House, first_phone: int) -> None:
    audience = await clients(house, first_phone, 300, "restored-sender")
    folder = await back_up(house)
    # Retries are under way when it is paused: the gate alone stops them, and the backup has it not.
    await house.misbehave(error_rate=1)
    mailing = await house.launch(**audience)
    await eventually(partial(retrying, house, mailing), 20, every=0.1)
    await house.act(mailing, "pause")
    await asyncio.sleep(1.5)  # what a pause is given to hold everywhere
    await house.misbehave()
    await restore(house, "sender", folder)
    assert await is_closed(house, mailing)
    await asyncio.sleep(6)  # longer than the longest retry
    assert (await house.provider())["accepted"] == 0
    await house.act(mailing, "resume")
    found = await house.finished(mailing)
    assert found["by_status"]["sent"] == found["audience"] == 300
    provider = await house.provider()
    assert (provider["distinct"], provider["repeats"]) == (300, 0)


async def is_closed(house: House, mailing: int) -> bool | None:
    """The mailing's gate in the ledger's database; None when there is none."""
    database = await asyncpg.connect(house.database("sender"))
    try:
        query = "SELECT closed FROM gate WHERE kind = 'mailing' AND id = $1"
        closed: bool | None = await database.fetchval(query, mailing)
        return closed
    finally:
        await database.close()


async def retrying(house: House, mailing: int) -> bool:
    return bool((await house.books(mailing))["by_status"]["retrying"])


async def test_an_api_of_an_older_moment_is_believed_again(house: House, first_phone: int) -> None:
    audience = await clients(house, first_phone, 200, "restored-api")
    (anna,) = (await house.ask("/clients", phone=f"79{first_phone:09d}"))["items"]
    folder = await back_up(house)
    for name in ("Anna", "Olga"):
        answer = await house.api.patch(f"/clients/{anna['id']}", json={"name": name})
        assert answer.status_code == 200, answer.text
    ghosts = await clients(house, first_phone + 500_000, 50, "ghost")
    await house.finished(await house.launch(**audience))
    await house.forget()
    await restore(house, "api", folder)

    answer = await house.api.patch(f"/clients/{anna['id']}", json={"name": "Vera"})
    assert answer.status_code == 200, answer.text
    mailing = await house.launch(text="Hello {{ name|default('you') }}", **audience)
    found = await house.finished(mailing)
    assert found["by_status"]["sent"] == found["audience"] == 200
    assert (await house.provider())["distinct"] == 200
    plan = await house.ask(f"/clients/{anna['id']}/explain", mailing_id=mailing)
    assert plan["client_id"] == anna["id"]
    # Whom the api has forgotten is nobody's client any more, and their ids are not given out again.
    empty = await house.launch(**ghosts)
    assert (await house.finished(empty))["audience"] == 0
    (newcomer,) = [await newly(house, first_phone + 600_000)]
    assert newcomer["id"] > anna["id"] + 1_000_000


async def newly(house: House, number: int) -> Json:
    body = {"phone": f"79{number:09d}", "timezone": ZONES[0], "tags": ["ghost"]}
    answer = await house.api.post("/clients", json=body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made
