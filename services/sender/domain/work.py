"""What a sender has in hand: commands, and the envelopes they came in."""

from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from hashlib import sha256
from typing import Protocol

from shared.contracts.commands import SendCommand, SendMessages


class Lane(IntEnum):
    """Where an envelope came from; a lower lane is read first."""

    URGENT = 0
    AGAIN = 1
    NORMAL = 2


class Receipt(Protocol):
    """The broker's side of an envelope in hand."""

    @property
    def alive(self) -> bool:
        """False once its connection is gone: the broker gives the envelope to somebody again."""
        ...

    async def ack(self) -> None:
        """The broker may forget the envelope. Does nothing when not alive."""
        ...

    async def give_back(self) -> None:
        """Somebody else shall have the envelope. Does nothing when not alive."""
        ...


@dataclass(slots=True, eq=False, weakref_slot=True)
class Parcel:
    """An envelope in hand, and how many of its commands are not settled yet."""

    letter: SendMessages
    lane: Lane
    receipt: Receipt
    unsettled: int = field(init=False)

    def __post_init__(self) -> None:
        self.unsettled = len(self.letter.commands)


class Work:
    """One command of a parcel. Compared by identity: a copy of a command is other work."""

    __slots__ = ("command", "parcel")

    def __init__(self, command: SendCommand, parcel: Parcel) -> None:
        self.command = command
        self.parcel = parcel

    @property
    def message_id(self) -> int:
        return self.command.message_id

    @property
    def text(self) -> str:
        """The client's own, where clients get texts of their own."""
        own = self.command.text
        return self.parcel.letter.text if own is None else own

    @property
    def text_sha256(self) -> str:
        own = self.command.text
        return _hash_of_shared(self.parcel.letter.text) if own is None else _hash_of(own)


def unpack(parcel: Parcel) -> list[Work]:
    return [Work(command, parcel) for command in parcel.letter.commands]


def _hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


# Texts of many thousand commands each; those of single clients would only push them out.
_hash_of_shared = lru_cache(maxsize=128)(_hash_of)
