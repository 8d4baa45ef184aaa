"""Every message there is, of a version that nobody here knows yet: a deploy the wrong way round."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import aio_pika

from shared.contracts.base import Message
from shared.contracts.commands import EnvelopesInColumns, SendMessages, SendTogether
from shared.contracts.topology import (
    CHANNELS,
    EVENT_BINDINGS,
    EVENTS,
    SEND,
    again_key,
    send_key,
)
from tests.contracts.registry import example_file, messages, routing_keys, version
from tests.support.house import House

KINDS = ("client", "mailing", "delivery")


@dataclass(frozen=True)
class Newer:
    """``copies``: queues that it reaches."""

    exchange: str
    key: str
    body: bytes
    copies: int


def newer() -> Iterator[Newer]:
    """Each known message with the next version, no two alike; and keys that nobody has heard of."""
    for message in messages():
        if message in (SendMessages, SendTogether, EnvelopesInColumns):
            yield from (Newer(SEND, key, _body(message, key), 1) for key in _ways_in())
        else:
            yield from (_event(key, _body(message, key)) for key in routing_keys(message))
    yield from (_event(f"{kind}.invented", b'{"version": 1}') for kind in KINDS)


async def publish(house: House, batch: list[Newer]) -> int:
    """Returns how many copies of them lie in queues now."""
    async with await aio_pika.connect(house.broker()) as connection:
        channel = await connection.channel()
        for one in batch:
            exchange = await channel.get_exchange(one.exchange, ensure=False)
            body = aio_pika.Message(one.body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await exchange.publish(body, one.key)
    return sum(one.copies for one in batch)


def _ways_in() -> Iterator[str]:
    for channel in CHANNELS:
        yield from (send_key(channel), send_key(channel, urgent=True), again_key(channel))


def _event(key: str, body: bytes) -> Newer:
    return Newer(EVENTS, key, body, _copies(key))


def _body(message: type[Message], key: str) -> bytes:
    example = json.loads(example_file(message).read_text())
    changed = {**example, "version": version(message) + 1, "of_tomorrow": key}
    return json.dumps(changed).encode()


def _copies(key: str) -> int:
    return sum(
        any(fnmatchcase(key, pattern) for pattern in patterns)
        for patterns in EVENT_BINDINGS.values()
    )
