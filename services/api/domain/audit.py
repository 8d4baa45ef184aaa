"""Who did what, when and from where: written with the deed, in one transaction, and kept."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# Values of a fact: numbers and our own words, never anything about a client.
Fact = str | int | float | bool | None | list[int] | list[str]


class Action(StrEnum):
    REPLAY = "dead_letters.replay"
    RESOLVE = "dead_letters.resolve"
    REPLAY_PARKED = "dead_letters.replay_parked"
    DROP_PARKED = "dead_letters.drop_parked"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is asking: the user's id, and the address the request came from (empty: not known)."""

    user_id: int
    address: str


@dataclass(frozen=True, slots=True)
class Deed:
    """``subject``: what it was done to, such as ``mailings/7``."""

    action: Action
    subject: str
    facts: dict[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """``email``: the user's; None when they are gone."""

    id: int
    at: datetime
    user_id: int | None
    email: str | None
    address: str
    action: str
    subject: str
    facts: dict[str, Fact]
