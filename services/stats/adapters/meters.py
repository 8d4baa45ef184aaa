"""The closed list of this service's own metrics."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

from services.stats.domain.receipts import Settled
from services.stats.domain.standing import Change
from services.stats.ports import Overdue


class PrometheusMeters:
    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._events = Counter(
            "stats_events_total",
            "Delivery events: applied moved a message, stale were repeated or overtaken",
            ["outcome"],
            registry=registry,
        )
        self._seconds = Histogram(
            "stats_batch_seconds",
            "Time to apply the events of one transaction, waiting for the books included",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
            registry=registry,
        )
        self._receipts = Counter(
            "stats_receipts_total",
            "Receipts: applied moved a message; kept wait for it; forgotten have waited in vain",
            ["outcome"],
            registry=registry,
        )
        self._out_of_balance = Gauge(
            "stats_mailings_out_of_balance",
            "Mailings whose rollup is not what their messages count; anything but 0 is a fault",
            registry=registry,
        )
        self._overdue_messages = Gauge(
            "stats_messages_overdue",
            "Messages still with the senders although their window closed ten minutes ago",
            registry=registry,
        )
        self._overdue_mailings = Gauge(
            "stats_mailings_overdue",
            "Mailings not finished although their last window closed ten minutes ago",
            registry=registry,
        )

    def batch(self, change: Change, seconds: float) -> None:
        self._events.labels(outcome="applied").inc(change.applied)
        self._events.labels(outcome="stale").inc(change.stale)
        self._seconds.observe(seconds)

    def receipts(self, settled: Settled) -> None:
        self._receipts.labels(outcome="applied").inc(settled.change.applied)
        self._receipts.labels(outcome="kept").inc(settled.waiting)

    def receipts_forgotten(self, receipts: int) -> None:
        """Of messages that were never heard of, or never sent."""
        self._receipts.labels(outcome="forgotten").inc(receipts)

    def out_of_balance(self, mailings: int) -> None:
        self._out_of_balance.set(mailings)

    def overdue(self, found: Overdue) -> None:
        self._overdue_messages.set(found.messages)
        self._overdue_mailings.set(found.mailings)
