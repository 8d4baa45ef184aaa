"""Messages of clients that a provider brings: read for one wish, and forgotten."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from services.api.domain import phones
from services.api.domain.stopping import Wish, wish_of

# How a provider is called, in settings and in the path that it calls.
PROVIDER = r"^[a-z0-9][a-z0-9_-]{0,31}$"


@dataclass(frozen=True, slots=True)
class Inbound:
    """``phone``: as the provider writes it; ``at``: when the client said it."""

    phone: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    wish: Wish
    at: datetime


def wishes(messages: Iterable[Inbound]) -> dict[str, Said]:
    """By phone, what each wishes who wishes anything: the last of it counts, and of two that were
    said at once, to stop. A number that is none of ours to send to is nobody's here."""
    last: dict[str, Said] = {}
    for message in messages:
        wish, phone = wish_of(message.text), _phone(message.phone)
        if wish is None or phone is None:
            continue
        said, before = Said(wish, message.at), last.get(phone)
        if before is None or _order(before) < _order(said):
            last[phone] = said
    return last


def those_who(wish: Wish, said: Mapping[str, Said]) -> dict[str, datetime]:
    return {phone: one.at for phone, one in said.items() if one.wish is wish}


def _order(said: Said) -> tuple[datetime, bool]:
    return said.at, said.wish is Wish.STOP


def _phone(written: str) -> str | None:
    try:
        return phones.phone(written)
    except ValueError:
        return None
