"""What stats reads from its environment, besides what every service reads."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="STATS_")

    port: int = 8003
    # Messages taken from the broker at a time: what arrives during one transaction makes up the
    # next. Each holds some dozens to a thousand events; a crash repeats that much. At full speed
    # a transaction has about 15 of them. In a backlog the process takes 126 MB; with 40, 145.
    prefetch: int = 24
    # Transactions that write at a time. Those of one mailing wait for each other anyway, and
    # the rest of the pool stays free for reads.
    writers: int = 4
    # Seconds between looks for a mailing whose end was not announced: the announcement follows
    # the last event at once, so this only matters after a crash in between.
    settle_every: float = 5.0
    # Seconds between looks for what should have ended: as often as metrics are usually read.
    overdue_every: float = 15.0
    # Seconds between comparisons of the rollups with the messages they count.
    audit_every: float = 300.0
    # Days for which the calls of messages that were sent are kept after their mailing ended; 0: for
    # ever. The books, and where every message stands, stay.
    retain_calls_days: int = Field(default=0, ge=0)
