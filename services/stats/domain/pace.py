"""How fast a mailing is being sent at this moment."""

from collections.abc import Mapping
from datetime import datetime

# Long enough to smooth the senders' flushes, short enough to show a stop at once.
SPAN = 10


def rate(sent: Mapping[int, int], now: datetime) -> float:
    """Messages per second over the last ten, to one decimal; 0 when nothing was sent in them.

    sent: messages by the second (of the Unix epoch) in which they were accepted. The oldest
    second lies partly outside the span and counts by the part inside.
    """
    instant = now.timestamp()
    return round(sum(n * _inside(instant - second) for second, n in sent.items()) / SPAN, 1)


def _inside(age: float) -> float:
    """The part of a second, begun ``age`` seconds ago, that lies within the span.

    A sender's clock may run a little ahead of ours: its present is not left out.
    """
    return min(1.0, max(0.0, SPAN + 1 - age)) if age > -SPAN else 0.0
