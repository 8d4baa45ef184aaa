"""What is still lying somewhere once a mailing has finished: there should be nothing.

In a queue (also among the parked, and among what is being dead-lettered, which no queue's ready
count shows), in the outbox, among the scheduler's batches, in the ledger's claims.
"""

import time

import asyncpg
import httpx

from tests.support.house import House, eventually

# The management API counts every five seconds, and what is told last is still on its way.
SETTLED_WITHIN = 30.0
LYING = {
    "outbox": ("api", "SELECT count(*) FROM outbox"),
    "batch": ("scheduler", "SELECT count(*) FROM batch"),
    "message": ("scheduler", "SELECT count(*) FROM message WHERE state = 'held'"),
    "claimed": ("sender", "SELECT count(*) FROM ledger WHERE state = 'claimed'"),
}


async def remains(house: House) -> dict[str, int]:
    """Where how much lies, once it has had the time to go; empty when nothing does."""
    deadline = time.monotonic() + SETTLED_WITHIN

    async def settled() -> list[dict[str, int]]:
        found = await _queues(house) | await _rows(house)
        return [found] if not found or time.monotonic() > deadline else []

    (found,) = await eventually(settled, SETTLED_WITHIN * 2, every=1.0)
    return dict(found)


async def _queues(house: House) -> dict[str, int]:
    url, login = house.management()
    async with httpx.AsyncClient(base_url=url, auth=login, timeout=30, trust_env=False) as client:
        try:
            queues = (await client.get("/api/queues/carillon")).raise_for_status().json()
        except httpx.HTTPError:  # the broker may have come back a moment ago
            return {"management": 1}
    counts = {queue["name"]: _held(queue) for queue in queues}
    return {name: count for name, count in counts.items() if count}


def _held(queue: dict[str, int]) -> int:
    return queue.get("messages", 1) + queue.get("messages_dlx", 0)


async def _rows(house: House) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, (service, query) in LYING.items():
        connection = await asyncpg.connect(house.database(service))
        try:
            counts[name] = await connection.fetchval(query)
        finally:
            await connection.close()
    return {name: count for name, count in counts.items() if count}
