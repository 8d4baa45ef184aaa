"""What goes on by itself for webhooks: sending, listening, keeping their secrets."""

import asyncio
import logging
from collections import Counter as Tally

from prometheus_client import Counter, Histogram

from services.api.domain.hook_tries import Tried
from services.api.domain.webhooks import AT_ONCE, EventType
from services.api.handlers import hook_sending, hook_telling
from services.api.ports import Courier, Ports, Subscriptions
from shared.runtime.database import is_transient
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

TRIES = Counter("carillon_api_webhook_tries_total", "Requests to receivers of webhooks", ["result"])
SECONDS = Histogram(
    "carillon_api_webhook_seconds",
    "How long receivers of webhooks took to answer",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_DELIVERED = "delivered"

_LOOK_EVERY = 0.5
_COMPARE_EVERY = 1.0
_TELL_AGAIN_AFTER = 60.0
_SEAL_EVERY = 600.0


class Couriers:
    """Sends what is due, to all receivers at once: none waits for another."""

    def __init__(self, ports: Ports, courier: Courier) -> None:
        self._ports = ports
        self._courier = courier
        self._at_work: Tally[int] = Tally()

    async def send(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                for webhook_id in await hook_sending.with_something_due(self._ports):
                    for _ in range(AT_ONCE - self._at_work[webhook_id]):
                        self._at_work[webhook_id] += 1
                        group.create_task(self._work(webhook_id))
                await asyncio.sleep(_LOOK_EVERY)

    async def _work(self, webhook_id: int) -> None:
        """As long as there is something; what is left behind is found again."""
        try:
            while (tried := await self._send_next(webhook_id)) is not None:
                _count(tried)
        except Exception as error:  # it must not stop those who send to others; the log carries it
            ids = {"webhook_id": webhook_id}
            if is_transient(error):
                why = type(error).__name__
                log.warning("Sending waits for what is away: %s", why, extra=facts("wait", **ids))
            else:
                log.exception("Sending failed", extra=facts("webhook_broken", **ids))
        finally:
            self._at_work[webhook_id] -= 1

    async def _send_next(self, webhook_id: int) -> Tried | None:
        return await hook_sending.send_next(self._ports, self._courier, webhook_id)


async def listen(ports: Ports, subscriptions: Subscriptions) -> None:
    """Takes from the broker what somebody is to be told of, and nothing else, for ever. By one
    replica at a time."""
    taken: frozenset[EventType] | None = None
    told_at, away = 0.0, False
    while True:
        wanted = await hook_telling.wanted(ports)
        now = asyncio.get_running_loop().time()
        if wanted != taken or (wanted and now - told_at >= _TELL_AGAIN_AFTER):
            try:
                await subscriptions.take(wanted)
            except ConnectionError as failure:
                if not away:
                    log.warning("Webhooks cannot listen: %s", failure, extra=facts("wait"))
                taken, away = None, True  # some of it may have been done
            else:
                if wanted != taken:
                    events = " ".join(sorted(wanted)) or "nothing"
                    log.info("Webhooks listen to: %s", events, extra=facts("webhooks_listen"))
                taken, told_at, away = wanted, now, False
        await asyncio.sleep(_COMPARE_EVERY)


async def seal_anew(ports: Ports) -> None:
    """Keeps secrets sealed with the key of now, for ever."""
    while True:
        await hook_sending.seal_anew(ports)
        await asyncio.sleep(_SEAL_EVERY)


def _count(tried: Tried) -> None:
    TRIES.labels(result=tried.trouble or _DELIVERED).inc()
    SECONDS.observe(tried.latency_ms / 1000)
