"""The desk, with everything running: what nobody could read is put by, and put back."""

import asyncio
from typing import Any

import aio_pika

from shared.contracts.topology import EVENTS, SEND
from tests.chaos.remains import drop_parked
from tests.support.house import House, eventually

Json = dict[str, Any]


async def test_what_nobody_can_read_is_put_by_and_put_back(house: House) -> None:
    newest = max([one["id"] for one in await parked(house)], default=0)

    async def lying(times: int) -> list[Json]:
        """Both, parked so often."""
        found = [one for one in await parked(house) if one["id"] > newest]
        there = [one for one in found if (one["state"], one["times"]) == ("parked", times)]
        return there if len(there) == 2 else []

    try:
        await poison(house)
        first: list[Json] = await eventually(lambda: lying(1), 20, every=0.1)
        assert {one["queue"] for one in first} == {"scheduler.events", "send.sms"}
        assert {one["why"] for one in first} == {"rejected"}
        done = await ask_to_replay(house, parked=[one["id"] for one in first])
        assert done["messages"] == 2
        second: list[Json] = await eventually(lambda: lying(2), 20, every=0.1)
        assert {one["id"] for one in second} == {one["id"] for one in first}
        [entry, *_] = (await house.ask("/audit"))["items"]
        assert entry["action"] == "dead_letters.replay_parked"
        assert entry["facts"] == {"ids": sorted(one["id"] for one in first)}
    finally:
        await drop_parked(house)


async def poison(house: House) -> None:
    """As a service of a release to come would write, and as none would."""
    async with await aio_pika.connect(house.broker()) as connection:
        channel = await connection.channel()
        events, send = await asyncio.gather(
            *(channel.get_exchange(name, ensure=False) for name in (EVENTS, SEND))
        )
        await events.publish(aio_pika.Message(b'{"version": 2}'), "mailing.changed")
        await send.publish(aio_pika.Message(b"\xff"), "sms")


async def parked(house: House) -> list[Json]:
    found: list[Json] = (await house.ask("/dead-letters/parked", limit=500))["items"]
    return found


async def ask_to_replay(house: House, **body: Any) -> Json:
    answer = await house.api.post("/dead-letters/replay", json=body)
    assert answer.status_code == 200, answer.text
    done: Json = answer.json()
    return done
