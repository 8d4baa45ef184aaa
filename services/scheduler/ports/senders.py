"""The way to the senders, and how fast they take what comes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.contracts.base import Message
from shared.contracts.commands import SendMessages


class Outlet(Protocol):
    """The way to the broker. Every method returns when the broker has confirmed."""

    async def tell(self, message: Message) -> None: ...

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None: ...


class Inquiries(Outlet, Protocol):
    async def ask(self, questions: Sequence[SendMessages]) -> None:
        """Behind every retry whose time has come."""
        ...


class Room(Protocol):
    """How much may be emitted now."""

    async def envelopes(self, *, urgent: bool) -> int: ...


class Meter(Protocol):
    """What the senders of a channel have taken."""

    def commands_taken(self) -> float:
        """In all, since this replica leads."""
        ...


class Paces(Protocol):
    """How fast the senders of a channel were when they were last kept busy."""

    async def keep(self, channel: str, per_second: float, now: datetime) -> None: ...
