"""What is still lying somewhere once a mailing has finished: there should be nothing.

In a queue (also among the dead, and among what is being dead-lettered, which no queue's ready
count shows), among the parked, where the api puts the dead, in the outbox, among the imports under
way, among the scheduler's batches and the messages it holds, among the ledger's claims and what it
believes is to be retried.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import aio_pika
import asyncpg
import httpx

from deploy.local.plan import VHOST
from tests.support.house import House, eventually

# What is told last is still on its way when a mailing has finished.
SETTLED_WITHIN = 30.0
# The management API counts what is delivered and not acknowledged every five seconds, and tells
# it later still: what it says at first may be of before.
COUNTED_WITHIN = 6.0
LYING = {
    "outbox": ("api", "SELECT count(*) FROM outbox"),
    "parked": ("api", "SELECT count(*) FROM parked WHERE state = 'parked'"),
    "import": ("api", "SELECT count(*) FROM import WHERE state IN ('receiving', 'running')"),
    "batch": ("scheduler", "SELECT count(*) FROM batch"),
    "held": ("scheduler", "SELECT count(*) FROM message WHERE state = 'held'"),
    "claimed": ("sender", "SELECT count(*) FROM ledger WHERE state = 'claimed'"),
    "retrying": ("sender", "SELECT count(*) FROM ledger WHERE state = 'retrying'"),
}


async def remains(house: House, patience: float = SETTLED_WITHIN) -> dict[str, int]:
    """Where how much lies, once it has had the time to go; empty when nothing does."""
    began = time.monotonic()

    async def settled() -> list[dict[str, int]]:
        waited = time.monotonic() - began
        found = await _queues(house) | await _rows(house)
        enough = patience if found else COUNTED_WITHIN
        return [found] if waited > enough else []

    (found,) = await eventually(settled, patience * 2 + SETTLED_WITHIN, every=1.0)
    return dict(found)


async def parked(house: House) -> int:
    """How many messages were put aside because nobody could read them."""
    return (await _rows(house)).get("parked", 0)


async def drop_parked(house: House) -> int:
    """Throws away all that nobody could read. How many there were."""
    items = (await house.ask("/dead-letters/parked", limit=500))["items"]
    for one in items:
        (await house.api.delete(f"/dead-letters/parked/{one['id']}")).raise_for_status()
    return len(items)


async def _queues(house: House) -> dict[str, int]:
    url, login = house.management()
    async with httpx.AsyncClient(base_url=url, auth=login, timeout=30, trust_env=False) as client:
        try:
            queues = (await client.get(f"/api/queues/{VHOST}")).raise_for_status().json()
        except httpx.HTTPError:  # the broker may have come back a moment ago
            return {"management": 1}
    ready = await _ready(house, [queue["name"] for queue in queues])
    counts = {queue["name"]: max(held(queue), ready[queue["name"]]) for queue in queues}
    return {name: count for name, count in counts.items() if count}


async def _ready(house: House, queues: Iterable[str]) -> dict[str, int]:
    """What waits in each queue at this moment, asked of the queue itself."""
    async with await aio_pika.connect(house.broker()) as connection:
        channel = await connection.channel()
        counts: dict[str, int] = {}
        for name in queues:
            found = await channel.declare_queue(name, passive=True)
            counts[name] = found.declaration_result.message_count or 0
        return counts


def held(queue: Mapping[str, Any]) -> int:
    """One of which nothing is known (its leader is not back) counts as if it held something."""
    return int(queue.get("messages", 1)) + int(queue.get("messages_dlx", 0))


async def _rows(house: House) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name, (service, query) in LYING.items():
        connection = await asyncpg.connect(house.database(service))
        try:
            counts[name] = await connection.fetchval(query)
        finally:
            await connection.close()
    return {name: count for name, count in counts.items() if count}
