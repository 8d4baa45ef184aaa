"""The sender's own loops, beside those of its channels."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from services.sender.ports import Outbox
from shared.contracts.delivery import CallsInFlight, InFlight
from shared.runtime.clock import Clock

log = logging.getLogger(__name__)

# What is on screen when somebody pauses a mailing should be true within a second.
REPORT_EVERY = 0.3

CountCalls = Callable[[], Mapping[int, int]]


async def report_calls(
    sender: str, channels: Sequence[CountCalls], outbox: Outbox, clock: Clock
) -> None:
    """Says how many calls are under way per mailing, as long as there are any, and once more."""
    said_some = False
    while True:
        calls = sum((Counter(count()) for count in channels), Counter[int]())
        if calls or said_some:
            said_some = await _report(sender, calls, outbox, clock) and bool(calls)
        await asyncio.sleep(REPORT_EVERY)


async def _report(sender: str, calls: Counter[int], outbox: Outbox, clock: Clock) -> bool:
    """Whether it was said. It is forgotten after 3 s anyway, so nothing is tried twice."""
    mailings = tuple(InFlight(mailing_id=id_, calls=count) for id_, count in calls.items())
    try:
        await outbox.in_flight(CallsInFlight(sender=sender, at=clock.now(), mailings=mailings))
    except ConnectionError as error:
        log.debug("Calls under way could not be reported: %s", type(error).__name__)
        return False
    return True
