"""Whether a request is made again, and when."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from carillon.answers import Answer, retry_after
from carillon.calls import Call
from carillon.errors import NotReachable

_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Patience:
    """``tries`` in all. Without a word from the server the first wait is ``first_wait`` seconds,
    and each after it twice as long; nobody is waited for longer than ``longest_wait``."""

    tries: int = 4
    first_wait: float = 0.5
    longest_wait: float = 30.0


PATIENT = Patience()


def wait_before(
    patience: Patience, call: Call[Any], heard: Answer | NotReachable, tries: int, now: datetime
) -> float | None:
    """How long to wait before the next try after so many; None: there is none."""
    if call.is_door or tries >= patience.tries or not _may_come_again(heard):
        return None
    told = retry_after(heard, now) if isinstance(heard, Answer) else None
    wait = patience.first_wait * 2 ** (tries - 1) if told is None else told
    return wait if wait <= patience.longest_wait else None


def _may_come_again(heard: Answer | NotReachable) -> bool:
    """A write whose answer was lost too: its Idempotency-Key tells that it is the same one. When
    the first of them is still in progress, the server says when to ask for its answer."""
    if isinstance(heard, NotReachable) or heard.status in _LATER:
        return True
    return heard.status == HTTPStatus.CONFLICT and "retry-after" in heard.headers
