"""The outbox in the database: written with what it tells about, read by the relay."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.adapters.tables import OUTBOX
from services.api.domain.outbox import OutboxRow
from services.api.domain.parked import Place
from shared.contracts.base import Message
from shared.contracts.directory import ClientsAdded, ClientsChanged
from shared.contracts.gates import GatesChanged
from shared.contracts.topology import EVENTS
from shared.contracts.trials import TrialsRequested
from shared.runtime.database import for_single_statements

_CHANNEL = "outbox"

# What goes past the bulk: a gate, and the few messages that somebody sits and waits for. Neither
# depends on the order of the rest.
_URGENT = (GatesChanged, TrialsRequested)

# How long a message waits that nobody was woken for.
POLL_EVERY = 0.2
# Published together: enough to hide the time a confirmation takes.
_BATCH_ROWS = 100
# Bounds memory, and how long a confirmation of the last one takes.
_BATCH_BYTES = 1 << 20

_DUE = text("""
    SELECT id, exchange, routing_key, body, created_at
    FROM (
        SELECT *, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS before
        FROM (SELECT * FROM outbox WHERE urgent = :urgent ORDER BY id LIMIT :rows) AS first
    ) AS measured
    WHERE before < :bytes
    ORDER BY id
""")


_NEXT_ID = text("SELECT nextval(pg_get_serial_sequence('outbox', 'id'))")
# One statement where it can be one: each costs whoever writes a round trip more.
_PUT = """
    INSERT INTO outbox (id, urgent, exchange, routing_key, body) OVERRIDING SYSTEM VALUE
    VALUES (
        coalesce(CAST(:id AS bigint), nextval(pg_get_serial_sequence('outbox', 'id'))),
        :urgent, :exchange, :routing_key, :body
    )
"""
_PUT_QUIETLY = text(_PUT)
_PUT_AND_WAKE = text(f"""
    WITH put AS ({_PUT} RETURNING id)
    SELECT pg_notify('{_CHANNEL}', CAST(:lane AS text)) FROM put
""")  # noqa: S608 - constants of this module
_CLIENTS = f"('{ClientsChanged.routing_key}', '{ClientsAdded.routing_key}')"
_FORGET = text(f"""
    WITH gone AS (
        DELETE FROM outbox WHERE id = ANY (CAST(:ids AS bigint[]))
        RETURNING id, routing_key, put_back
    )
    UPDATE relayed SET clients = last.id
    FROM (
        SELECT max(id) AS id FROM gone WHERE routing_key IN {_CLIENTS} AND NOT put_back
    ) AS last
    WHERE last.id > relayed.clients
""")  # noqa: S608 - a constant of the contracts
_POSITION = text(f"""
    SELECT greatest(
        (SELECT clients FROM relayed),
        (SELECT max(id) FROM outbox WHERE routing_key IN {_CLIENTS} AND NOT put_back)
    )
""")  # noqa: S608 - a constant of the contracts


class SqlOutbox:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, message: Message, *, wake: bool = True) -> None:
        urgent = isinstance(message, _URGENT)
        place: int | None = None
        if isinstance(message, ClientsChanged | ClientsAdded):
            place = await self._connection.scalar(_NEXT_ID)
            message = message.model_copy(update={"position": place})
        row: dict[str, Any] = {
            **{"id": place, "urgent": urgent, "body": message.encode()},
            **{"exchange": EVENTS, "routing_key": message.key},
        }
        if wake:
            await self._connection.execute(_PUT_AND_WAKE, row | {"lane": _lane(urgent)})
        else:
            await self._connection.execute(_PUT_QUIETLY, row)

    async def put_back(self, place: Place, body: bytes) -> None:
        """It carries no position of ours."""
        row = {"exchange": place.exchange, "routing_key": place.routing_key, "body": body}
        await self._connection.execute(
            insert(OUTBOX).values(row | {"urgent": False, "put_back": True})
        )

    async def clients_position(self) -> int:
        return await self._connection.scalar(_POSITION) or 0


class SqlOutboxLane:
    """``urgent`` picks the lane: gates go their own way."""

    def __init__(self, engine: AsyncEngine, *, urgent: bool) -> None:
        self._single = for_single_statements(engine)
        self._urgent = urgent
        self.woken = asyncio.Event()

    async def due(self) -> list[OutboxRow]:
        limits = {"urgent": self._urgent, "rows": _BATCH_ROWS, "bytes": _BATCH_BYTES}
        async with self._single.connect() as connection:
            return [OutboxRow(*row) for row in await connection.execute(_DUE, limits)]

    async def forget(self, ids: Sequence[int]) -> None:
        async with self._single.connect() as connection:
            await connection.execute(_FORGET, {"ids": list(ids)})

    async def wait(self) -> None:
        try:
            async with asyncio.timeout(POLL_EVERY):
                await self.woken.wait()
        except TimeoutError:
            return
        self.woken.clear()


async def listen(engine: AsyncEngine, *, urgent: asyncio.Event, ordinary: asyncio.Event) -> None:
    """Sets the event of a lane as soon as a message in it is committed. Runs until cancelled.

    Raises ConnectionError when the connection it listens on is lost.
    """
    wake = {_lane(True): urgent.set, _lane(False): ordinary.set}
    lost = asyncio.Event()

    def notified(_connection: Any, _pid: int, _channel: str, lane: object) -> None:
        wake[str(lane)]()

    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        if not isinstance(driver, asyncpg.Connection):
            raise TypeError("only asyncpg can listen")
        driver.add_termination_listener(lambda _: lost.set())
        try:
            await driver.add_listener(_CHANNEL, notified)
            await lost.wait()
            raise ConnectionError("the connection that listens to the outbox is lost")
        finally:
            await connection.invalidate()  # nobody else may get a connection that listens


def _lane(urgent: bool) -> str:
    return "urgent" if urgent else "ordinary"
