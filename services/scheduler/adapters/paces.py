"""How fast the senders were, in PostgreSQL: whoever leads next, and whoever plans, knows it."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.scheduler.metrics import PACE

_KEEP = text(
    """
    INSERT INTO pace (channel, per_second, measured_at) VALUES (:channel, :per_second, :now)
    ON CONFLICT (channel) DO UPDATE
        SET per_second = excluded.per_second, measured_at = excluded.measured_at
    """
)


class PostgresPaces:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def keep(self, channel: str, per_second: float, now: datetime) -> None:
        row = {"channel": channel, "per_second": per_second, "now": now}
        async with self._engine.begin() as connection:
            await connection.execute(_KEEP, row)
        PACE.labels(channel=channel).set(per_second)
