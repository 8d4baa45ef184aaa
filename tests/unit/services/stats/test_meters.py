"""What the metrics say."""

from prometheus_client import CollectorRegistry

from services.stats.adapters.meters import PrometheusMeters
from services.stats.domain.standing import Change
from services.stats.ports import Overdue


def test_events_are_counted_by_what_became_of_them() -> None:
    registry = CollectorRegistry()
    meters = PrometheusMeters(registry)
    meters.batch(Change(applied=3, stale=1), 0.02)
    meters.batch(Change(applied=1), 0.02)
    counted = {
        outcome: registry.get_sample_value("stats_events_total", {"outcome": outcome})
        for outcome in ("applied", "stale")
    }
    assert counted == {"applied": 4, "stale": 1}
    assert registry.get_sample_value("stats_batch_seconds_count") == 2


def test_books_out_of_balance_are_shown() -> None:
    registry = CollectorRegistry()
    PrometheusMeters(registry).out_of_balance(2)
    assert registry.get_sample_value("stats_mailings_out_of_balance") == 2


def test_what_should_have_ended_is_shown() -> None:
    registry = CollectorRegistry()
    PrometheusMeters(registry).overdue(Overdue(messages=3, mailings=1))
    assert registry.get_sample_value("stats_messages_overdue") == 3
    assert registry.get_sample_value("stats_mailings_overdue") == 1
