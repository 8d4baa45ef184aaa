"""How a call is carried out, without doing any of it.

A conversation is a generator: it yields what is to be done next (a request to send, a pause, tokens
to renew) and is sent what came of it. So there is one of it for both clients, and tests drive it
without a network. What stays for a client is to send, to sleep and to wait for its turn to renew.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

from carillon.answers import Answer, value_of
from carillon.calls import Call, post
from carillon.errors import NotReachable, Unauthorized
from carillon.models.users import IssuedTokens
from carillon.patience import Patience, wait_before
from carillon.tokens import Keeper, Tokens

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """``headers`` beside those that the body brings."""

    call: Call[Any]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


@dataclass(frozen=True, slots=True)
class Renew:
    """``stale``: the access token that is good no more."""

    stale: str


Step = Send | Pause | Renew
# Of a pause and a renewal nothing is heard but that they are over.
Heard = Answer | NotReachable | None
Conversation = Generator[Step, Heard, T]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


def carried_out(
    call: Call[T], keeper: Keeper, patience: Patience, clock: Clock = utc_now
) -> Conversation[T]:
    """Raises CarillonError."""
    answer = yield from answered(call, keeper, patience, clock)
    return value_of(call, answer, clock())


def answered(
    call: Call[Any], keeper: Keeper, patience: Patience, clock: Clock = utc_now
) -> Conversation[Answer]:
    """The answer, good or bad, that is not worth another try. Raises NotReachable."""
    # The same on every try: so the server knows that it is one write.
    headers = {"Idempotency-Key": str(uuid4())} if call.is_write and not call.is_door else {}
    if call.if_match is not None:
        headers["If-Match"] = call.if_match
    for tries in count(1):
        heard = yield from _with_a_good_token(call, headers, keeper, clock)
        wait = wait_before(patience, call, heard, tries, clock())
        if wait is None:
            break
        yield Pause(wait)
    if isinstance(heard, NotReachable):
        raise heard
    return heard


def renewed(
    keeper: Keeper, stale: str, patience: Patience, clock: Clock = utc_now
) -> Conversation[None]:
    """New tokens in the keeper, whom nobody else may hold meanwhile. A refresh token is good once:
    whoever finds that another was here first takes what the other got. Raises CarillonError."""
    tokens = keeper.load()
    if tokens is None or tokens.refresh_token is None or tokens.access_token != stale:
        return
    call = post("/auth/refresh", IssuedTokens, {"refresh_token": tokens.refresh_token})
    try:
        issued = yield from _renewal(replace(call, is_door=True), patience, clock)
    except Unauthorized:
        keeper.save(None)
        raise
    keeper.save(tokens_of(issued, clock()))


def tokens_of(issued: IssuedTokens, now: datetime) -> Tokens:
    ends = now + timedelta(seconds=issued.expires_in)
    return Tokens(issued.access_token, issued.refresh_token, ends)


def _renewal(
    call: Call[IssuedTokens], patience: Patience, clock: Clock
) -> Conversation[IssuedTokens]:
    """Tried again only when it surely has not arrived: the token would come a second time."""
    heard = yield from _send(call, {})
    for _ in range(1, patience.tries):
        if isinstance(heard, Answer) or heard.sent:
            break
        yield Pause(patience.first_wait)
        heard = yield from _send(call, {})
    if isinstance(heard, NotReachable):
        raise heard
    return value_of(call, heard, clock())


def _with_a_good_token(
    call: Call[Any], headers: dict[str, str], keeper: Keeper, clock: Clock
) -> Conversation[Answer | NotReachable]:
    """Renewed before, when it is over by the clock; or after, when the server says that it is."""
    if call.is_door:
        return (yield from _send(call, headers))
    tokens = keeper.load()
    if tokens is not None and tokens.is_over(clock()):
        yield Renew(tokens.access_token)
        tokens = keeper.load()
    heard = yield from _send(call, headers | _bearer(tokens))
    if not _can_be_renewed(heard, tokens):
        return heard
    yield Renew(tokens.access_token if tokens else "")
    return (yield from _send(call, headers | _bearer(keeper.load())))


def _can_be_renewed(heard: Answer | NotReachable, tokens: Tokens | None) -> bool:
    is_refused = isinstance(heard, Answer) and heard.status == HTTPStatus.UNAUTHORIZED
    return is_refused and tokens is not None and tokens.refresh_token is not None


def _send(call: Call[Any], headers: dict[str, str]) -> Conversation[Answer | NotReachable]:
    heard = yield Send(call, headers)
    if heard is None:
        raise TypeError("Something was sent and nothing said of it.")
    return heard


def _bearer(tokens: Tokens | None) -> dict[str, str]:
    return {} if tokens is None else {"Authorization": f"Bearer {tokens.access_token}"}
