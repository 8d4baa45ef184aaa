"""The names on the broker, and the rules that apply to each queue."""

import re
from typing import Any

import pytest

from shared.contracts import topology

TIERS = (5, 30)
DOCUMENT = topology.definitions("/", TIERS)
QUEUES = [queue["name"] for queue in DOCUMENT["queues"]]


def rules_of(queue: str) -> list[dict[str, Any]]:
    policies: list[dict[str, Any]] = DOCUMENT["policies"]
    return [each["definition"] for each in policies if re.search(each["pattern"], queue)]


def test_the_names_are_those_that_others_use() -> None:
    assert {exchange["name"]: exchange["type"] for exchange in DOCUMENT["exchanges"]} == {
        "carillon.events": "topic",
        "carillon.send": "direct",
        "carillon.retry": "direct",
    }
    assert set(QUEUES) == {
        "scheduler.events",
        "scheduler.returned",
        "scheduler.trials",
        "scheduler.progress",
        "sender.gates",
        "stats.events",
        "api.progress",
        "api.deliveries",
        "send.sms",
        "send.sms.urgent",
        "send.sms.again",
        "retry.sms.5s",
        "retry.sms.30s",
        "send.dead",
    }


@pytest.mark.parametrize("queue", QUEUES)
def test_a_queue_is_declared_with_its_type_alone(queue: str) -> None:
    [declared] = [each for each in DOCUMENT["queues"] if each["name"] == queue]
    assert declared["durable"]
    assert declared["arguments"] == {"x-queue-type": "quorum"}


@pytest.mark.parametrize("queue", QUEUES)
def test_one_policy_applies_to_each_queue(queue: str) -> None:
    """Of several that match RabbitMQ takes one only."""
    assert len(rules_of(queue)) == 1


def test_a_dead_letter_has_nowhere_else_to_go() -> None:
    """So it stays, however often it is delivered: without a limit RabbitMQ 4 would set one."""
    [rules] = rules_of(topology.DEAD)
    assert rules == {"delivery-limit": topology.DEAD_DELIVERY_LIMIT}
    assert topology.DEAD_DELIVERY_LIMIT >= 10**9


@pytest.mark.parametrize("queue", [each for each in QUEUES if each != topology.DEAD])
def test_dead_letters_are_never_dropped(queue: str) -> None:
    [rules] = rules_of(queue)
    assert rules["dead-letter-strategy"] == "at-least-once"
    assert rules["overflow"] == "reject-publish"


@pytest.mark.parametrize("queue", [each for each in QUEUES if not each.startswith("retry.")])
def test_only_the_entrances_are_bounded(queue: str) -> None:
    bounded = [rules for rules in rules_of(queue) if "max-length" in rules]
    assert bool(bounded) == (queue in ("send.sms", "send.sms.urgent"))


@pytest.mark.parametrize("seconds", TIERS)
def test_a_tier_returns_to_the_queue_without_a_bound(seconds: int) -> None:
    [rules] = rules_of(topology.retry_queue("sms", seconds))
    assert rules["message-ttl"] == seconds * 1000
    assert rules["dead-letter-exchange"] == topology.SEND
    assert rules["dead-letter-routing-key"] == topology.again_key("sms")
    assert "max-length" not in rules_of(topology.again_queue("sms"))[0]
    assert "delivery-limit" not in rules


def test_every_queue_but_the_last_resort_is_bound() -> None:
    """And but the one that is bound only as long as somebody is to be told."""
    bound = {each["destination"] for each in DOCUMENT["bindings"]}
    assert bound == set(QUEUES) - {topology.DEAD, topology.API_DELIVERIES}


@pytest.mark.parametrize("queue", QUEUES)
def test_services_may_bind_one_queue_alone(queue: str) -> None:
    """To bind takes writing to the queue; and they write past the exchanges into none."""
    write = re.compile(topology.PERMISSIONS["write"])
    assert (write.search(queue) is not None) is (queue == topology.API_DELIVERIES)
    assert write.search("amq.default") is None
    assert write.search("") is None


def test_what_a_scheduler_publishes_reaches_the_lane_of_its_channel() -> None:
    lanes = {(each["source"], each["routing_key"]): each["destination"]
             for each in DOCUMENT["bindings"]}  # fmt: skip
    for urgent in (False, True):
        key = topology.send_key("sms", urgent=urgent)
        assert lanes[topology.SEND, key] == topology.send_queue("sms", urgent=urgent)
    tier = (topology.RETRY, topology.retry_key("sms", 5))
    assert lanes[tier] == topology.retry_queue("sms", 5)


@pytest.mark.parametrize(
    ("exchange", "key", "taken"),
    [
        (topology.EVENTS, "mailing.changed", True),
        (topology.EVENTS, "mailing", False),
        (topology.EVENTS, "mailing.changed.again", False),
        (topology.EVENTS, "progress.emitted", True),
        (topology.EVENTS, "weather.changed", False),
        (topology.SEND, "sms.again", True),
        (topology.SEND, "fax", False),
        ("", topology.DEAD, False),
    ],
)
def test_what_nobody_takes_is_known_before_it_is_published(
    exchange: str, key: str, taken: bool
) -> None:
    assert topology.is_taken(exchange, key) == taken
