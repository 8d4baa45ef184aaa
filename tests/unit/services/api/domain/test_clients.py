"""What is told of clients fits into messages that a broker takes."""

from datetime import UTC, datetime
from typing import Any

from services.api.domain.blocks import blocked, unblocked
from services.api.domain.clients import (
    LARGEST_NEWS,
    Client,
    Profile,
    gate_for,
    news,
    portions,
    with_profile,
)
from shared.contracts.gates import Gate

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def client(number: int, **profile: Any) -> Client:
    plain = Profile("79161234567", "916", "Europe/Moscow")._replace(**profile)
    return Client(number, 1, plain, NOW, NOW)


def test_two_thousand_plain_clients_are_one_message() -> None:
    clients = [client(n, tags=("vip", "new")) for n in range(2_000)]
    assert list(portions(clients)) == [clients]


def test_clients_with_much_to_tell_are_several_and_all_of_them() -> None:
    much = {f"attribute {n}": "ж" * 1_000 for n in range(50)}
    clients = [client(n, attributes=much, tags=("т" * 64,) * 50) for n in range(200)]
    told = list(portions(clients))
    assert [one for portion in told for one in portion] == clients
    assert len(told) > 1
    assert all(len(news(portion).encode()) <= LARGEST_NEWS for portion in told)


def test_a_block_has_a_gate_that_stops_everything() -> None:
    before = client(1)
    after = blocked(before, NOW)
    assert (after.revision, after.profile) == (2, before.profile)
    assert gate_for(before, after) == Gate(kind="client", id=1, revision=2, closed=True)
    [state] = news([after]).clients
    assert (state.revision, state.blocked, state.phone) == (2, True, "79161234567")


def test_who_is_blocked_no_longer_is_reached_under_the_new_revision_alone() -> None:
    before = client(1)._replace(blocked=True)
    gate = gate_for(before, unblocked(before, NOW))
    assert gate == Gate(kind="client", id=1, revision=2, closed=False)


def test_another_number_of_who_is_blocked_opens_no_gate() -> None:
    before = client(1)._replace(blocked=True)
    moved = with_profile(before, before.profile._replace(phone="79161234568"), NOW)
    assert moved.blocked
    assert gate_for(before, moved) == Gate(kind="client", id=1, revision=2, closed=True)
    renamed = with_profile(before, before.profile._replace(name="Ann"), NOW)
    assert gate_for(before, renamed) is None


def test_nobody_is_no_message() -> None:
    assert not list(portions([]))
