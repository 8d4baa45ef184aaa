"""Messages of a version to come reach every queue of ours, and nobody can read them."""

from collections import Counter
from fnmatch import fnmatchcase

import pytest
from pydantic import ValidationError

from shared.contracts.topology import EVENT_BINDINGS, EVENTS, SEND
from tests.chaos.newer import newer
from tests.contracts.registry import messages, routing_keys


def test_no_two_are_alike() -> None:
    bodies = Counter((one.exchange, one.key, one.body) for one in newer())
    assert set(bodies.values()) == {1}


def test_they_reach_every_queue_of_events_and_every_way_into_the_senders() -> None:
    keys = {one.key for one in newer() if one.exchange == EVENTS}
    for queue, patterns in EVENT_BINDINGS.items():
        assert any(fnmatchcase(key, pattern) for key in keys for pattern in patterns), queue
    ways = {one.key for one in newer() if one.exchange == SEND}
    assert ways == {"sms", "sms.urgent", "sms.again"}


def test_a_copy_is_counted_for_each_queue() -> None:
    copies = {one.key: one.copies for one in newer() if one.exchange == EVENTS}
    assert copies["delivery.returned"] == 2  # the scheduler's and the books'
    assert copies["mailing.invented"] == 1


def test_nobody_can_read_them() -> None:
    by_key = {key: message for message in messages() for key in routing_keys(message)}
    for one in newer():
        if one.key in by_key:
            with pytest.raises(ValidationError):
                by_key[one.key].decode(one.body)
