"""Every name on the broker, and the one definition of how they hang together.

Queues are declared with ``x-queue-type`` alone: arguments cannot be changed later, policies can.
The rest (bounds, TTLs, dead-lettering, delivery limits) are policies; at most one matches a queue.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

EVENTS = "carillon.events"
SEND = "carillon.send"
RETRY = "carillon.retry"

SCHEDULER_EVENTS = "scheduler.events"
SCHEDULER_RETURNED = "scheduler.returned"
SCHEDULER_TRIALS = "scheduler.trials"
SCHEDULER_PROGRESS = "scheduler.progress"
SENDER_GATES = "sender.gates"
STATS_EVENTS = "stats.events"
API_PROGRESS = "api.progress"
# The api binds it to what its webhooks tell of: where there are none, no copy is made.
API_DELIVERIES = "api.deliveries"
DEAD = "send.dead"

CHANNELS = ("sms",)

# What the services' user may do, as patterns of names. To bind takes writing to the queue and to
# read the exchange: that is for the one queue which is bound only as long as somebody is to be
# told. What waits for a retry is nobody's to read.
PERMISSIONS = {
    "configure": "^$",
    "write": r"^(carillon\.|api\.deliveries$)",
    "read": r"^((scheduler|sender|stats|api|send)\.|carillon\.events$)",
}

# Which events each queue receives.
EVENT_BINDINGS: dict[str, tuple[str, ...]] = {
    SCHEDULER_EVENTS: ("client.*", "mailing.*", "policy.*"),
    SCHEDULER_RETURNED: ("delivery.returned",),
    # Not behind an import: whoever tries a text is waiting for it.
    SCHEDULER_TRIALS: ("trial.*",),
    # A queue of its own: bindings come before the release that knows what they bring.
    SCHEDULER_PROGRESS: ("progress.finished",),
    SENDER_GATES: ("gate.*",),
    STATS_EVENTS: ("delivery.*", "communication.*", "progress.planned", "progress.emitted"),
    API_PROGRESS: ("progress.*",),
}

# A message that makes its consumer fail this often is parked in send.dead, not tried for ever.
DELIVERY_LIMIT = 100
# What is parked stays until somebody has written it down: RabbitMQ 4 would drop it after 20
# deliveries if nothing else were said, and to say "no limit" is understood by no 3.x.
DEAD_DELIVERY_LIMIT = 1_000_000_000
# Envelopes in an entrance queue: the backstop behind the scheduler's own pacing (2 s ahead).
ENTRANCE_BOUND = 1_000


def send_queue(channel: str, *, urgent: bool = False) -> str:
    return f"send.{channel}.urgent" if urgent else f"send.{channel}"


def again_queue(channel: str) -> str:
    """Unbounded: dead-lettering at least once into a full queue would stall (retries come here)."""
    return f"send.{channel}.again"


def retry_queue(channel: str, seconds: int) -> str:
    return f"retry.{channel}.{seconds}s"


def send_key(channel: str, *, urgent: bool = False) -> str:
    return f"{channel}.urgent" if urgent else channel


def again_key(channel: str) -> str:
    return f"{channel}.again"


def retry_key(channel: str, seconds: int) -> str:
    return f"{channel}.{seconds}s"


@dataclass(frozen=True, slots=True)
class Binding:
    source: str
    queue: str
    key: str


def bindings(tiers: Iterable[int]) -> Iterator[Binding]:
    """``tiers``: the delays of the retry queues, in seconds."""
    for queue, keys in EVENT_BINDINGS.items():
        yield from (Binding(EVENTS, queue, key) for key in keys)
    tiers = tuple(tiers)
    for channel in CHANNELS:
        yield Binding(SEND, send_queue(channel), send_key(channel))
        yield Binding(SEND, send_queue(channel, urgent=True), send_key(channel, urgent=True))
        yield Binding(SEND, again_queue(channel), again_key(channel))
        for seconds in tiers:
            yield Binding(RETRY, retry_queue(channel, seconds), retry_key(channel, seconds))


def is_taken(exchange: str, key: str) -> bool:
    """Whether a queue that is consumed receives what is published so."""
    return any(
        binding.source == exchange and _matches(binding.key, key) for binding in bindings(())
    )


def _matches(pattern: str, key: str) -> bool:
    """As a topic exchange does; a direct one has no asterisks."""
    words, asked = key.split("."), pattern.split(".")
    return len(words) == len(asked) and all(
        ask in ("*", word) for ask, word in zip(asked, words, strict=True)
    )


# Dead letters leave a queue only once the target has them; that needs reject-publish.
_AT_LEAST_ONCE = {"dead-letter-strategy": "at-least-once", "overflow": "reject-publish"}
_TO_DEAD = {"dead-letter-exchange": "", "dead-letter-routing-key": DEAD, **_AT_LEAST_ONCE}


def policies(tiers: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Policies in the form of a definitions file, without the vhost."""
    limited = {"delivery-limit": DELIVERY_LIMIT, **_TO_DEAD}
    yield _policy("carillon-events", r"^(scheduler|sender|stats|api)\.", limited)
    yield _policy("carillon-dead", r"^send\.dead$", {"delivery-limit": DEAD_DELIVERY_LIMIT})
    tiers = tuple(tiers)
    for channel in CHANNELS:
        name = f"carillon-send-{channel}"
        entrance = rf"^send\.{channel}(\.urgent)?$"
        yield _policy(name, entrance, {"max-length": ENTRANCE_BOUND, **limited})
        yield _policy(f"{name}-again", rf"^send\.{channel}\.again$", limited)
        for seconds in tiers:
            yield _policy(
                f"carillon-retry-{channel}-{seconds}s",
                rf"^retry\.{channel}\.{seconds}s$",
                {
                    "message-ttl": seconds * 1000,
                    "dead-letter-exchange": SEND,
                    "dead-letter-routing-key": again_key(channel),
                    **_AT_LEAST_ONCE,
                },
            )


def _policy(name: str, pattern: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "pattern": pattern,
        "apply-to": "queues",
        "priority": 10,
        "definition": definition,
    }


def definitions(vhost: str, tiers: Iterable[int]) -> dict[str, Any]:
    """The whole topology as RabbitMQ's definitions document, importable any number of times."""
    tiers = tuple(tiers)
    bound = list(bindings(tiers))
    queues = sorted({binding.queue for binding in bound} | {API_DELIVERIES, DEAD})
    return {
        "exchanges": [
            {"name": EVENTS, "type": "topic"} | _durable(vhost),
            {"name": SEND, "type": "direct"} | _durable(vhost),
            {"name": RETRY, "type": "direct"} | _durable(vhost),
        ],
        "queues": [
            _durable(vhost) | {"name": queue, "arguments": {"x-queue-type": "quorum"}}
            for queue in queues
        ],
        "bindings": [
            {
                "source": binding.source,
                "vhost": vhost,
                "destination": binding.queue,
                "destination_type": "queue",
                "routing_key": binding.key,
                "arguments": {},
            }
            for binding in bound
        ],
        "policies": [policy | {"vhost": vhost} for policy in policies(tiers)],
    }


def _durable(vhost: str) -> dict[str, Any]:
    return {"vhost": vhost, "durable": True, "auto_delete": False, "arguments": {}}
