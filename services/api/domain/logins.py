"""How often somebody may try to log in.

Tries are counted at three doors: one account from one address, one account from anywhere, one
address for any account. Each door lets ``tries`` through at once, and from then on as many per
``per``, evenly spread. Nothing is ever shut for good, and what is turned away is not counted, so a
stranger who keeps knocking makes nobody wait longer.

A stranger with many addresses can still use up what an account has from anywhere. That door
therefore stands open to an address from which the account's owner has logged in before.

A try is counted before the password is looked at, or many at the same time would all be the first;
when the password is right the try is taken back. Only digests of the account and the address are
kept: what people type into the wrong field is nobody's business.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network

# How long an address stays known after the last log-in from it.
KNOWN_FOR = timedelta(days=90)
# One household or server has 2**64 addresses of version 6: they count as one.
_V6_SUBSCRIBER = 64
_NOWHERE = "unknown"


class Door(StrEnum):
    HERE = "here"  # this account from this address
    ACCOUNT = "account"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Limit:
    tries: int
    per: timedelta

    @property
    def pause(self) -> timedelta:
        """Between tries, once the first are used up."""
        return self.per / self.tries


@dataclass(frozen=True, slots=True)
class LoginLimits:
    here: Limit
    account: Limit
    address: Limit

    def at(self, door: Door) -> Limit:
        return {Door.HERE: self.here, Door.ACCOUNT: self.account, Door.ADDRESS: self.address}[door]


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the doors: for each door the digest under which it is counted."""

    digests: Mapping[Door, bytes]

    @classmethod
    def of(cls, email: str, address: str) -> "Knock":
        account, place = email.lower(), subscriber(address)
        return cls(
            {
                Door.HERE: _digest(Door.HERE, account, place),
                Door.ACCOUNT: _digest(Door.ACCOUNT, account),
                Door.ADDRESS: _digest(Door.ADDRESS, place),
            }
        )

    @classmethod
    def at_address(cls, address: str) -> "Knock":
        """Of somebody who comes for no account: to register, to ask for a new password."""
        return cls({Door.ADDRESS: _digest(Door.ADDRESS, subscriber(address))})

    @property
    def here(self) -> bytes:
        return self.digests[Door.HERE]


@dataclass(frozen=True, slots=True)
class Come:
    """The try may be made; ``busy`` has the doors where it counts and until when they are busy."""

    busy: Mapping[Door, datetime]


@dataclass(frozen=True, slots=True)
class Wait:
    door: Door
    seconds: int


def judge(
    limits: LoginLimits,
    busy: Mapping[Door, datetime],
    *,
    known: bool,
    now: datetime,
    at: Collection[Door] = tuple(Door),
) -> Come | Wait:
    """``busy``: until when each door's tries are used up, as far as it was ever knocked at;
    ``known``: whether the account's owner has logged in from this address before; ``at``: the doors
    that somebody has to pass."""
    doors = [door for door in at if not (known and door is Door.ACCOUNT)]
    after = {door: max(busy.get(door, now), now) + limits.at(door).pause for door in doors}
    waits = {door: after[door] - now - limits.at(door).per for door in doors}
    slowest = max(doors, key=lambda door: waits[door])
    if waits[slowest] > timedelta(0):
        return Wait(slowest, _whole_seconds(waits[slowest]))
    return Come(after)


def subscriber(address: str) -> str:
    """The address as it is counted. What is none is counted as one and the same."""
    try:
        ip = ip_address(address)
    except ValueError:
        return _NOWHERE
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ip_network((ip.packed, _V6_SUBSCRIBER), strict=False))
    return str(ip)


def _digest(*parts: str) -> bytes:
    return sha256("\0".join(parts).encode()).digest()


def _whole_seconds(span: timedelta) -> int:
    """Rounded up: whoever waits as long as they were told is let in."""
    return -(-span // timedelta(seconds=1))
