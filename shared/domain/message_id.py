"""Message ids: milliseconds, node, sequence, so that even a lost database gives none out twice.

53 bits, because a browser reads every JSON number as a double: 41 bits of milliseconds since
2026 (until 2095), 5 of node, 7 of sequence. More than 128 ids in a millisecond run ahead into the
next ones, so 128,000 a second may be taken for ever and bursts borrow from the near future.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

EPOCH_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
NODE_BITS = 5
SEQUENCE_BITS = 7
NODES = 1 << NODE_BITS
PER_MS = 1 << SEQUENCE_BITS


@dataclass(slots=True)
class MessageIds:
    """Gives out ids of one node. ``last_slot`` is the last (millisecond, sequence) given out."""

    node: int
    last_slot: int = -1

    def __post_init__(self) -> None:
        if not 0 <= self.node < NODES:
            raise ValueError(f"node must be between 0 and {NODES - 1}, not {self.node}")

    def take(self, count: int, now_ms: int) -> list[int]:
        """The next ``count`` ids, ascending. A clock that went back is waited out by counting on.

        now_ms: milliseconds since the Unix epoch.
        """
        first = max(self.last_slot + 1, (now_ms - EPOCH_MS) << SEQUENCE_BITS)
        self.last_slot = first + count - 1
        return [self._id(slot) for slot in range(first, first + count)]

    def _id(self, slot: int) -> int:
        ms, sequence = slot >> SEQUENCE_BITS, slot & (PER_MS - 1)
        return (ms << NODE_BITS | self.node) << SEQUENCE_BITS | sequence


def first_id(at: datetime) -> int:
    """No id that was given out at or after this moment is smaller."""
    ms = int(at.timestamp() * 1000) - EPOCH_MS
    return max(ms, 0) << (NODE_BITS + SEQUENCE_BITS)


def born_at(message_id: int) -> datetime:
    """When an id was given out; one of a burst may be dated somewhat ahead."""
    ms = message_id >> (NODE_BITS + SEQUENCE_BITS)
    return datetime.fromtimestamp((ms + EPOCH_MS) / 1000, UTC)
