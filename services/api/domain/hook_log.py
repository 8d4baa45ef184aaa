"""Deliveries: what is to be sent to a receiver in one request, and how that went."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.api.domain.failures import Conflict
from services.api.domain.hook_tries import Trouble


class DeliveryState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """``due_at``: the next try, None when there is none; ``status`` and ``trouble``: of the last.

    ``attempts`` are counted from the last replay on; ``replays``: how many of these there were.
    """

    id: int
    webhook_id: int
    state: DeliveryState
    types: tuple[str, ...]
    events: int
    created_at: datetime
    give_up_at: datetime
    due_at: datetime | None
    attempts: int = 0
    replays: int = 0
    tried_at: datetime | None = None
    status: int | None = None
    trouble: Trouble | None = None
    latency_ms: int | None = None
    ended_at: datetime | None = None

    @property
    def webhook_message_id(self) -> str:
        """The same each time that it is sent."""
        return f"msg_{self.id}"


def check_replayable(delivery: Delivery) -> None:
    """Raises Conflict."""
    if delivery.state is DeliveryState.PENDING:
        raise Conflict("It is still being tried by itself.")
