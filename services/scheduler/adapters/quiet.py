"""Whether anybody is behind with what they were told, from how much waits in their queues."""

from collections.abc import Awaitable, Callable

from shared.contracts.topology import CHANNELS, SCHEDULER_RETURNED, STATS_EVENTS, again_queue

# What waits while everybody keeps up: some seconds' worth. More means that answers which were given
# have not been heard yet; and in front of the senders, that there are retries enough to do.
KEPT_UP: dict[str, int] = {
    STATS_EVENTS: 500,
    SCHEDULER_RETURNED: 100,
    **{again_queue(channel): 50 for channel in CHANNELS},
}


class QueuesQuiet:
    """``depth``: messages ready in a queue."""

    def __init__(self, depth: Callable[[str], Awaitable[int]]) -> None:
        self._depth = depth

    async def is_quiet(self) -> bool:
        for queue, most in KEPT_UP.items():
            if await self._depth(queue) > most:
                return False
        return True
