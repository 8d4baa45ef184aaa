"""How much waits in the outbox, and for how long: the first sign that the broker is away."""

from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

DEPTH = Gauge("carillon_api_outbox_messages", "Messages that wait for the broker", ["lane"])
AGE = Gauge("carillon_api_outbox_age_seconds", "Age of the oldest of them", ["lane"])

_MEASURE = text("""
    SELECT lane, count(id), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
    FROM (VALUES ('urgent', true), ('ordinary', false)) AS lanes (lane, urgent)
    LEFT JOIN outbox USING (urgent)
    GROUP BY lane
""")


async def measure_outbox(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        for lane, messages, age in await connection.execute(_MEASURE):
            DEPTH.labels(lane=lane).set(messages)
            AGE.labels(lane=lane).set(float(age))
