"""How long each kind of data is kept; docs/operations.md lists what no setting ends, too."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """Days from the end of each; 0: for ever.

    ``imports``: an import that has ended, with what was wrong in its file. ``trials``: the number
    that a test-send went to. ``parked``: what is told of a message that was put back.
    ``messages``: what became of each message of a mailing that has finished; its numbers stay.
    ``webhooks``: what was delivered or given up; it can be sent again as long as it is there.
    """

    imports: int = 0
    trials: int = 0
    parked: int = 0
    messages: int = 0
    webhooks: int = 14


def kept_since(days: int, now: datetime) -> datetime | None:
    """What ended before is over; None: nothing ever is."""
    return now - timedelta(days=days) if days else None
