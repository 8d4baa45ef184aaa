"""What a provider has heard from the network about messages that it accepted."""

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple, Self

from pydantic import AwareDatetime

from shared.contracts.base import Message
from shared.contracts.columns import Column, Columns, by_columns

Outcome = Literal["delivered", "undelivered"]


class Receipt(NamedTuple):
    """``at``: when it was delivered, or given up, by the provider's clock; ``reason``: its word."""

    message_id: int
    status: Outcome
    at: AwareDatetime
    reason: str | None = None


class ReceiptColumns(Columns):
    """As in ``Receipt``."""

    status: Column[Outcome]
    at: Column[AwareDatetime]
    reason: Column[str | None] = None


class ReceiptsGiven(Message):
    """A receipt knows its message's id alone: of which dispatch and attempt it is, nobody says.

    The same may come again, and before anything else is heard of the message.
    """

    routing_key: ClassVar[str] = "delivery.receipts"

    provider: str
    receipts: ReceiptColumns

    @classmethod
    def of(cls, provider: str, receipts: Sequence[Receipt]) -> Self:
        """There are some."""
        return cls.model_validate({"provider": provider, "receipts": by_columns(receipts)})

    def rows(self) -> tuple[Receipt, ...]:
        return self.receipts.rows(Receipt)
