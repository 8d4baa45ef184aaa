"""Messages on their way to the broker: what of a batch is confirmed, and stays in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OutboxRow:
    id: int
    exchange: str
    routing_key: str
    body: bytes
    created_at: datetime


def confirmed_first(rows: Sequence[OutboxRow], failures: Sequence[BaseException | None]) -> int:
    """How many rows from the first on were confirmed.

    Those behind the first failure go again with it, even if the broker has them: an event may come
    twice, but never for good after one that it should precede.
    """
    confirmed = 0
    for _, failure in zip(rows, failures, strict=True):
        if failure is not None:
            break
        confirmed += 1
    return confirmed
