"""Webhooks: who is told, what is to be told, how it went; and the way there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from services.api.domain.hook_events import Chunk
from services.api.domain.hook_log import Delivery, DeliveryState
from services.api.domain.hook_tries import Tried
from services.api.domain.webhooks import EventType, Wanted, Webhook


class Webhooks(Protocol):
    async def page(self, after: int, limit: int) -> list[Webhook]:
        """By id."""
        ...

    async def count(self) -> int: ...

    async def get(self, webhook_id: int, *, lock: bool = False) -> Webhook | None:
        """``lock``: to others who change it; who only adds something to be told does not wait."""
        ...

    async def listening(self, events: Collection[EventType] | None = None) -> list[Webhook]:
        """Those enabled that are to be told of one of these; None: of anything. None of them is
        removed before the transaction's end."""
        ...

    async def with_something_due(self, now: datetime, gathered_before: datetime) -> list[int]:
        """To whom something may be sent now: a delivery that is due, or events that have been
        gathered since then."""
        ...

    async def add(self, wanted: Wanted, secret: bytes, now: datetime) -> Webhook: ...

    async def save(self, webhook: Webhook) -> None: ...

    async def remove(self, webhook_id: int) -> None:
        """With all that it was or was to be told."""
        ...


class HookEvents(Protocol):
    """What is to be told, until it is sent for the first time."""

    async def put(self, webhook_id: int, chunks: Sequence[Chunk], now: datetime) -> None: ...

    async def take(self, webhook_id: int, gathered_before: datetime, most: int) -> list[Chunk]:
        """The oldest, with at most so many events together, if there are any from before then."""
        ...

    async def drop(self, webhook_id: int) -> None: ...


class HookLog(Protocol):
    """Deliveries."""

    async def page(
        self, webhook_id: int, state: DeliveryState | None, before: int, limit: int
    ) -> list[Delivery]:
        """Newest first."""
        ...

    async def get(
        self, webhook_id: int, delivery_id: int, *, lock: bool = False
    ) -> Delivery | None: ...

    async def add(
        self,
        webhook_id: int,
        types: Collection[str],
        events: int,
        body: bytes,
        now: datetime,
        give_up_at: datetime,
    ) -> Delivery:
        """Due at once."""
        ...

    async def under_way(self, webhook_id: int, now: datetime) -> int:
        """How many are being tried."""
        ...

    async def take_due(
        self, webhook_id: int, leased_until: datetime, now: datetime
    ) -> tuple[Delivery, bytes] | None:
        """That which is due for longest, with its body: tried once more, and nobody else's until
        then. The webhook must be locked."""
        ...

    async def delivered(self, delivery_id: int, tried: Tried, now: datetime) -> None:
        """Whoever has tried it: the receiver has it."""
        ...

    async def failed(
        self, delivery: Delivery, tried: Tried, due_at: datetime | None, now: datetime
    ) -> None:
        """``due_at``: None when it is given up. Nothing happens if somebody tries it by now."""
        ...

    async def hasten(self, webhook_id: int, now: datetime) -> None:
        """All that waits is due now."""
        ...

    async def give_up(self, webhook_id: int, now: datetime) -> None:
        """All that waits has failed."""
        ...

    async def replay(self, delivery_id: int, now: datetime, give_up_at: datetime) -> None: ...

    async def forget_ended_before(self, moment: datetime, limit: int) -> int:
        """How many there were, of at most so many."""
        ...


class Courier(Protocol):
    async def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> Tried:
        """One try. It raises nothing that the receiver could bring about."""
        ...


class SealBroken(Exception):
    """It was sealed with a key that nobody has any more."""


class Seals(Protocol):
    """Secrets that must be read again, kept so that the database alone does not tell them."""

    def seal(self, plain: bytes) -> bytes: ...

    def unseal(self, sealed: bytes) -> bytes:
        """Raises SealBroken."""
        ...

    def renew(self, sealed: bytes) -> bytes | None:
        """With the key of now; None when it is already, or cannot be read."""
        ...


class Subscriptions(Protocol):
    """What of the broker's events comes to us."""

    async def take(self, events: Collection[EventType]) -> None:
        """These, and no others. Raises ConnectionError."""
        ...
