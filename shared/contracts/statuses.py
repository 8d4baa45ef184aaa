"""The statuses of a message and the order in which they may follow one another."""

from enum import StrEnum


class Status(StrEnum):
    """Where a message stands. The books list every one of them, always."""

    WAITING = "waiting"  # in a planned wave, no row yet: a number per wave
    PLANNED = "planned"  # the row exists
    QUEUED = "queued"  # handed to the broker
    RETRYING = "retrying"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    UNKNOWN = "unknown"  # perhaps accepted; the answer was lost and the tiers are used up
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"


OPEN = frozenset({Status.WAITING, Status.PLANNED, Status.QUEUED, Status.RETRYING})
ENDS = frozenset(Status) - OPEN
