"""Whether a request is made again, and when."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from carillon.answers import Answer
from carillon.calls import Call, get, post
from carillon.errors import NotReachable
from carillon.models.users import Department
from carillon.patience import Patience, wait_before

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
READ, WRITE = get("/x", Department), post("/x", Department, {})
LOST = NotReachable("gone", sent=True)
PATIENCE = Patience(tries=3, first_wait=0.5, longest_wait=30)


def away(status: int, told: str = "") -> Answer:
    return Answer(status, {"retry-after": told} if told else {}, b"")


@pytest.mark.parametrize("call", [READ, WRITE])
@pytest.mark.parametrize("heard", [away(503), away(429), LOST])
def test_what_is_over_soon_is_tried_again(
    call: Call[Department], heard: Answer | NotReachable
) -> None:
    waits = [wait_before(PATIENCE, call, heard, tries, NOW) for tries in (1, 2, 3)]
    assert waits == [0.5, 1.0, None]


def test_the_server_says_how_long() -> None:
    assert wait_before(PATIENCE, WRITE, away(503, "7"), 1, NOW) == 7
    assert wait_before(PATIENCE, READ, away(429, "31"), 1, NOW) is None


@pytest.mark.parametrize("status", [200, 401, 404, 409, 422, 500])
def test_what_would_be_the_same_is_not_asked_again(status: int) -> None:
    assert wait_before(PATIENCE, READ, away(status), 1, NOW) is None


def test_the_answer_to_a_write_in_progress_is_waited_for() -> None:
    assert wait_before(PATIENCE, WRITE, away(409, "2"), 1, NOW) == 2


def test_nobody_knocks_at_a_door_twice() -> None:
    door = replace(WRITE, is_door=True)
    assert wait_before(PATIENCE, door, away(429, "1"), 1, NOW) is None
    assert wait_before(PATIENCE, door, LOST, 1, NOW) is None
