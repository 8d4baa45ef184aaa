"""Clients, and what the other services must hear when one changes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from services.api.domain.fields import MOST_TAGS, Scalar
from shared.contracts.directory import ClientsChanged
from shared.contracts.gates import Gate

_NONE: Mapping[str, Scalar] = {}  # shared, and never written to

# A broker refuses messages of more than 16 MB; a client with every attribute may have 200 KB.
LARGEST_NEWS = 8_000_000
# The fields that are bounded closely, the name and the address among them.
_PLAIN_SIZE = 2_000


class Profile(NamedTuple):
    """All that is told about a client. Every field is checked already (``domain.fields``).

    A tuple, as an import makes millions of them: a frozen dataclass takes five times as long.
    """

    phone: str
    operator_code: str
    timezone: str
    tags: tuple[str, ...] = ()
    email: str | None = None
    name: str | None = None
    attributes: Mapping[str, Scalar] = _NONE
    timezone_guessed: bool = False

    def told(self) -> dict[str, Any]:
        """What others are told: a guess is none of theirs, they go by what it is."""
        told = self._asdict()
        del told["timezone_guessed"]
        return told


class Client(NamedTuple):
    """A living client. ``revision`` rises with each change of the profile, and when they are
    blocked or no longer are."""

    id: int
    revision: int
    profile: Profile
    created_at: datetime
    updated_at: datetime
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is kept of a deleted client: enough for no older copy to bring them back."""

    id: int
    revision: int


@dataclass(frozen=True, slots=True)
class ClientFilter:
    phone: str | None = None
    tag: str | None = None
    operator_code: str | None = None
    timezone: str | None = None
    timezone_guessed: bool | None = None


def with_profile(client: Client, profile: Profile, now: datetime) -> Client:
    """The client itself when nothing changes: no revision is spent, nobody is told."""
    if profile == client.profile:
        return client
    return client._replace(revision=client.revision + 1, profile=profile, updated_at=now)


def buried(client: Client) -> Tombstone:
    return Tombstone(client.id, client.revision + 1)


def retagged(
    client: Client, plus: Collection[str], minus: Collection[str], now: datetime
) -> Client:
    """Raises ValueError when these would be too many tags."""
    kept = [tag for tag in client.profile.tags if tag not in minus]
    tags = kept + [tag for tag in plus if tag not in kept]
    if len(tags) > max(MOST_TAGS, len(kept)):
        raise ValueError(f"A client has at most {MOST_TAGS} tags.")
    return with_profile(client, client.profile._replace(tags=tuple(tags)), now)


def portions(clients: Sequence[Client]) -> Iterator[list[Client]]:
    """Groups of clients, each small enough for one message."""
    portion: list[Client] = []
    size = 0
    for client in clients:
        portion.append(client)
        size += _size(client.profile)
        if size >= LARGEST_NEWS:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _size(profile: Profile) -> int:
    """No less than the bytes of the JSON: a character takes four at most."""
    listed = sum(map(len, profile.tags))
    free = sum(len(key) + len(str(value)) for key, value in profile.attributes.items())
    return _PLAIN_SIZE + 4 * (listed + free)


def news(clients: Iterable[Client | Tombstone]) -> ClientsChanged:
    # All in one go: five hundred models made one by one take three times as long.
    return ClientsChanged.model_validate({"clients": list(map(_state, clients))})


def gate_for(before: Client, after: Client | Tombstone) -> Gate | None:
    """A message on its way must not reach an old number, nor come at the hours of an old zone, nor
    at all to who is blocked.

    The name and the tags of a client never need a gate: what was planned with them stands.
    """
    if isinstance(after, Tombstone):
        return Gate(kind="client", id=after.id, revision=after.revision, closed=True)
    same = before.blocked == after.blocked and _contact(before.profile) == _contact(after.profile)
    if same:
        return None
    return Gate(kind="client", id=after.id, revision=after.revision, closed=after.blocked)


def _contact(profile: Profile) -> tuple[str, str, str | None]:
    return profile.phone, profile.timezone, profile.email


def _state(client: Client | Tombstone) -> dict[str, Any]:
    """The fields of a ClientState."""
    if isinstance(client, Tombstone):
        return {"id": client.id, "revision": client.revision, "deleted": True}
    told = {"id": client.id, "revision": client.revision, "blocked": client.blocked}
    return told | client.profile.told()
