"""How a call is carried out, driven step by step."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carillon.answers import Answer
from carillon.calls import Call, get, post
from carillon.conversation import (
    Conversation,
    Heard,
    Pause,
    Renew,
    Send,
    Step,
    carried_out,
    renewed,
)
from carillon.errors import NotReachable, Unauthorized, Unavailable
from carillon.models.users import Department
from carillon.patience import Patience
from carillon.tokens import MemoryKeeper, Tokens

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PATIENCE = Patience(tries=3, first_wait=1)
READ, WRITE = get("/x", Department), post("/x", Department, {"name": "Sales"})
GOOD = Answer(200, {}, b'{"id": 3, "name": "Sales", "created_at": "2027-02-01T09:00:00Z"}')
AWAY = Answer(503, {"retry-after": "2"}, b'{"detail": "Later."}')
OVER = Answer(401, {}, b'{"detail": "Over."}')
SESSION = Tokens("first", "once", NOW + timedelta(hours=1))
ISSUED = {"access_token": "second", "refresh_token": "next", "token_type": "bearer"}
FRESH = Answer(200, {}, json.dumps(ISSUED | {"expires_in": 60}).encode())


class Told:
    """Drives a conversation; ``heard``: what comes of each request."""

    def __init__(self, conversation: Conversation[Any], heard: Sequence[Heard]) -> None:
        self.steps: list[Step] = []
        self.value: Any = None
        rest = list(heard)
        answer: Heard = None
        try:
            while True:
                step = conversation.send(answer)
                self.steps.append(step)
                answer = rest.pop(0) if isinstance(step, Send) else None
        except StopIteration as end:
            self.value = end.value
        assert rest == []

    @property
    def sent(self) -> list[Send]:
        return [step for step in self.steps if isinstance(step, Send)]


def told(call: Call[Any], *heard: Heard, keeper: MemoryKeeper | None = None) -> Told:
    keeper = keeper or MemoryKeeper(SESSION)
    return Told(carried_out(call, keeper, PATIENCE, lambda: NOW), heard)


def test_the_token_goes_along_and_the_value_comes_back() -> None:
    done = told(READ, GOOD)
    assert done.value.name == "Sales"
    assert done.sent[0].headers == {"Authorization": "Bearer first"}


def test_a_stranger_has_nothing_to_show() -> None:
    assert told(READ, GOOD, keeper=MemoryKeeper()).sent[0].headers == {}


def test_every_try_of_a_write_has_the_same_key_and_every_write_its_own() -> None:
    lost = NotReachable("gone", sent=True)
    first, other = told(WRITE, AWAY, lost, GOOD), told(WRITE, GOOD)
    assert [step for step in first.steps if isinstance(step, Pause)] == [Pause(2), Pause(2)]
    keys = {one.headers["Idempotency-Key"] for one in first.sent}
    assert len(first.sent) == 3
    assert len(keys) == 1
    assert other.sent[0].headers["Idempotency-Key"] not in keys


def test_a_change_says_what_it_is_meant_for() -> None:
    assert told(WRITE.meant_for('"7-3-0f"'), GOOD).sent[0].headers["If-Match"] == '"7-3-0f"'
    assert "If-Match" not in told(WRITE.meant_for(None), GOOD).sent[0].headers


def test_patience_ends() -> None:
    with pytest.raises(Unavailable, match="Later"):
        told(READ, AWAY, AWAY, AWAY)
    lost = NotReachable("gone", sent=False)
    with pytest.raises(NotReachable, match="gone"):
        told(READ, lost, lost, lost)


def test_a_token_that_the_server_refuses_is_renewed_once() -> None:
    done = told(WRITE, OVER, GOOD)
    assert [type(step) for step in done.steps] == [Send, Renew, Send]
    assert done.steps[1] == Renew("first")
    assert len({one.headers["Idempotency-Key"] for one in done.sent}) == 1
    with pytest.raises(Unauthorized, match="Over"):
        told(READ, OVER, OVER)


def test_a_token_that_is_over_by_the_clock_is_renewed_before_anything_is_sent() -> None:
    keeper = MemoryKeeper(Tokens("first", "once", NOW + timedelta(seconds=10)))
    assert [type(step) for step in told(READ, GOOD, keeper=keeper).steps] == [Renew, Send]


def test_an_api_token_is_not_renewed() -> None:
    with pytest.raises(Unauthorized):
        told(READ, OVER, keeper=MemoryKeeper(Tokens("carillon_abc")))


def test_renewing_spends_the_refresh_token_and_keeps_the_new_ones() -> None:
    keeper = MemoryKeeper(SESSION)
    done = Told(renewed(keeper, "first", PATIENCE, lambda: NOW), [FRESH])
    assert done.sent[0].call.body == {"refresh_token": "once"}
    assert done.sent[0].headers == {}
    assert keeper.load() == Tokens("second", "next", NOW + timedelta(seconds=60))


def test_whoever_comes_second_takes_what_the_first_one_got() -> None:
    done = Told(renewed(MemoryKeeper(SESSION), "an older one", PATIENCE, lambda: NOW), [])
    assert done.steps == []


def test_a_refresh_token_that_may_have_arrived_is_not_sent_again() -> None:
    keeper = MemoryKeeper(SESSION)
    lost = NotReachable("gone", sent=True)
    with pytest.raises(NotReachable):
        Told(renewed(keeper, "first", PATIENCE, lambda: NOW), [lost])
    never = NotReachable("no route", sent=False)
    done = Told(renewed(keeper, "first", PATIENCE, lambda: NOW), [never, FRESH])
    assert [type(step) for step in done.steps] == [Send, Pause, Send]


def test_a_session_that_has_ended_is_forgotten() -> None:
    keeper = MemoryKeeper(SESSION)
    with pytest.raises(Unauthorized):
        Told(renewed(keeper, "first", PATIENCE, lambda: NOW), [OVER])
    assert keeper.load() is None
