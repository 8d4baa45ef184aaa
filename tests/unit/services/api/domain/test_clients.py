"""What is told of clients fits into messages that a broker takes."""

from datetime import UTC, datetime
from typing import Any

from services.api.domain.clients import LARGEST_NEWS, Client, Profile, news, portions

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


def test_nobody_is_no_message() -> None:
    assert not list(portions([]))
