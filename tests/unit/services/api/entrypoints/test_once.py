"""The two sides of a request with a key: what comes in, what goes out."""

from hashlib import sha256

import pytest
from starlette.types import Message

from services.api.domain.failures import TooLarge
from services.api.domain.once import LARGEST_ANSWER
from services.api.entrypoints.http.once import Incoming, Outgoing

PIECES = [b"one", b"", b"two"]


def incoming(pieces: list[bytes] = PIECES, *, breaks: bool = False) -> Incoming:
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": breaks or n < len(pieces) - 1}
        for n, piece in enumerate(pieces)
    ]
    left = iter([*messages, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(left)

    return Incoming(receive)


async def test_a_body_that_was_read_ahead_comes_again() -> None:
    body = incoming()
    assert await body.read()
    assert body.digest == sha256(b"onetwo").digest()
    assert [(await body())["body"] for _ in PIECES] == PIECES
    assert (await body())["type"] == "http.disconnect"
    assert body.digest == sha256(b"onetwo").digest()


async def test_a_body_is_hashed_as_it_passes() -> None:
    body = incoming()
    for piece in PIECES:
        assert body.digest is None
        assert (await body())["body"] == piece
    assert body.digest == sha256(b"onetwo").digest()


async def test_a_body_that_breaks_off_has_no_digest() -> None:
    body = incoming(breaks=True)
    assert not await body.read()
    assert body.digest is None


async def test_what_is_only_hashed_has_an_end() -> None:
    body = incoming()
    await body.drain(6)
    assert body.digest == sha256(b"onetwo").digest()
    with pytest.raises(TooLarge):
        await incoming().drain(5)


async def test_a_long_upload_says_that_it_goes_on() -> None:
    said = []

    async def say() -> None:
        said.append(1)

    body = incoming()
    body.every(0, say)
    await body.drain(100)
    assert len(said) == len(PIECES)


def start(status: int = 201) -> Message:
    headers = [(b"location", b"/tags/vip"), (b"content-type", b"text/plain"), (b"x-other", b"1")]
    return {"type": "http.response.start", "status": status, "headers": headers}


async def test_an_answer_is_held_back_until_it_is_kept() -> None:
    sent: list[Message] = []
    outgoing = Outgoing(_into(sent))
    messages: list[Message] = [
        start(),
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body", "body": b"b"},
    ]
    for message in messages:
        await outgoing(message)
    assert sent == []
    answer = outgoing.answer()
    assert answer is not None
    assert (answer.status, answer.body) == (201, b"ab")
    assert answer.headers == {"location": "/tags/vip", "content-type": "text/plain"}
    await outgoing.flush()
    assert sent == messages


async def test_one_that_is_too_large_is_let_through() -> None:
    sent: list[Message] = []
    outgoing = Outgoing(_into(sent))
    await outgoing(start())
    piece = {"type": "http.response.body", "body": b"x" * LARGEST_ANSWER, "more_body": True}
    await outgoing(piece)
    assert sent == []
    await outgoing({"type": "http.response.body", "body": b"y"})
    assert len(sent) == 3
    assert outgoing.answer() is None


def _into(sent: list[Message]):  # type: ignore[no-untyped-def]
    async def send(message: Message) -> None:
        sent.append(message)

    return send
