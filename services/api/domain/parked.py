"""What no consumer could read: where it was, and by which way it goes back.

The broker writes into a message's headers where it died, each time. The last death is the one that
counts: a retry has died of old age before, in its tier.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.contracts.topology import CHANNELS, SEND, again_key, is_taken, send_key

State = Literal["parked", "replayed"]

_DEATHS = "x-death"
_LAST_QUEUE = "x-last-death-queue"  # of newer brokers


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message is published."""

    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True)
class Death:
    """``why``: ``rejected`` by its consumer, or ``delivery_limit``, delivered too often.

    Of what somebody put among the dead by hand nothing is known.
    """

    queue: str | None = None
    place: Place | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it was found among the dead."""

    death: Death
    body: bytes

    @property
    def digest(self) -> bytes:
        """The same for the same bytes that would go back the same way: the broker may hand it over
        again, and so may we."""
        queue, place = self.death.queue, self.death.place
        if place is not None and place.exchange == SEND:
            queue, place = None, _unbounded(place)
        digest = hashlib.sha256(repr((queue, place)).encode())
        digest.update(self.body)
        return digest.digest()


@dataclass(frozen=True, slots=True)
class Parked:
    """A letter that was put by; ``times``: how often, by now. The body is nobody's to see."""

    id: int
    death: Death
    bytes: int
    times: int
    state: State
    parked_at: datetime
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class GoesBack:
    """Published again there."""

    place: Place


@dataclass(frozen=True, slots=True)
class Stays:
    """``reason``: a sentence why it cannot be put back."""

    reason: str


def last_death(headers: Mapping[str, object]) -> Death:
    """As far as the headers tell, whatever they are."""
    found = headers.get(_DEATHS)
    deaths = [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    named = [one for one in deaths if one.get("queue") == headers.get(_LAST_QUEUE)]
    if not deaths:
        return Death()
    last = (named or deaths)[0]  # the latest stands first
    exchange, keys = _text(last.get("exchange")), last.get("routing-keys")
    key = _text(keys[0]) if isinstance(keys, list) and keys else None
    place = None if exchange is None or key is None else Place(exchange, key)
    return Death(_text(last.get("queue")), place, _text(last.get("reason")))


def way_back(one: Parked) -> GoesBack | Stays:
    """To where it was published first, so that it takes the way it would have taken.

    But never to a bounded entrance: a full one would refuse it, and hold up the whole outbox.
    """
    place = one.death.place
    if one.state == "replayed":
        return Stays("It was put back already, and has not been parked again since.")
    if place is None:
        return Stays("It does not say where it was before.")
    back = _unbounded(place)
    if not is_taken(back.exchange, back.routing_key):
        return Stays("Nobody takes such messages any more.")
    return GoesBack(back)


def _unbounded(place: Place) -> Place:
    for channel in CHANNELS:
        entrances = (send_key(channel), send_key(channel, urgent=True))
        if place.exchange == SEND and place.routing_key in entrances:
            return Place(SEND, again_key(channel))
    return place


def _text(value: object) -> str | None:
    """The database holds no text with control characters, and no name of ours has any."""
    return value if isinstance(value, str) and value.isprintable() else None
