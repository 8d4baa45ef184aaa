"""Subscriptions: who is told of what, where, and how long a receiver that fails is borne with."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from services.api.domain.addresses import Network, literal, may_be_called
from services.api.domain.failures import Conflict, FieldFault, Invalid

# Each may be sent to at the same time as the others.
MOST_WEBHOOKS = 50
LONGEST_URL = 2_000
# Requests to one receiver at the same time, by all replicas together; one that fails is given one.
AT_ONCE = 2
# Both secrets sign for so long after a change, unless whoever changes it says otherwise.
OLD_SECRET_HOURS = 24

# A receiver that has failed so long and so often, and never succeeded, is not tried any more.
GIVEN_UP_AFTER = timedelta(days=5)
GIVEN_UP_TRIES = 20
# After failures in a row nothing is sent to a receiver for a while: twice as long each time.
_FIRST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=1)

_VISIBLE = re.compile(r"[\x21-\x7e]+")


class EventType(StrEnum):
    MAILING_CREATED = "mailing.created"
    MAILING_CHANGED = "mailing.changed"
    MAILING_SCHEDULED = "mailing.scheduled"
    MAILING_RUNNING = "mailing.running"
    MAILING_PAUSED = "mailing.paused"
    MAILING_FINISHED = "mailing.finished"
    MAILING_CANCELLED = "mailing.cancelled"
    MAILING_DELETED = "mailing.deleted"
    MESSAGE_SENT = "message.sent"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_UNKNOWN = "message.unknown"
    MESSAGE_EXPIRED = "message.expired"
    MESSAGE_SUPPRESSED = "message.suppressed"
    MESSAGE_CANCELLED = "message.cancelled"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_UNDELIVERED = "message.undelivered"


# A receipt names its message and nothing else: whose it is, is not known here.
BY_RECEIPT = frozenset({EventType.MESSAGE_DELIVERED, EventType.MESSAGE_UNDELIVERED})


class Because(StrEnum):
    """Why nothing is sent to a webhook."""

    TURNED_OFF = "turned_off"
    FAILING = "failing"
    GONE = "gone"  # it answered 410
    SECRET_LOST = "secret_lost"  # noqa: S105 - a reason


@dataclass(frozen=True, slots=True)
class Health:
    """``failures``: in a row, since ``failing_since``; nothing is sent before ``rests_until``."""

    failures: int = 0
    failing_since: datetime | None = None
    rests_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What whoever subscribes asks for; ``department_id`` and ``mailing_id`` narrow it."""

    name: str
    url: str
    events: frozenset[EventType]
    department_id: int | None = None
    mailing_id: int | None = None

    def but(self, changes: Mapping[str, Any]) -> "Wanted":
        return replace(self, **changes)

    @property
    def is_narrowed(self) -> bool:
        return self.mailing_id is not None or self.department_id is not None

    def includes(self, mailing_id: int, department_id: int | None) -> bool:
        if self.mailing_id is not None and self.mailing_id != mailing_id:
            return False
        return self.department_id is None or self.department_id == department_id


@dataclass(frozen=True, slots=True)
class Secrets:
    """As they are kept: nobody reads them out of the database. ``old`` signs too, until then."""

    now: bytes
    old: bytes | None = None
    old_until: datetime | None = None

    def good(self, at: datetime) -> tuple[bytes, ...]:
        if self.old is None or self.old_until is None or self.old_until <= at:
            return (self.now,)
        return (self.now, self.old)


@dataclass(frozen=True, slots=True)
class Webhook:
    id: int
    wanted: Wanted
    secrets: Secrets
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None = None
    disabled_because: Because | None = None
    health: Health = Health()

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class Where:
    """Where webhooks may lead; ``http``: even where everybody on the way can read along."""

    networks: tuple[Network, ...] = ()
    http: bool = False


OUTSIDE = Where()


def check_url(url: str, where: Where) -> None:
    """What can be seen by looking at it; the address of a name is looked at when it is called.

    Raises Invalid.
    """
    reason = _fault_of(url, where)
    if reason is not None:
        raise Invalid(FieldFault("url", reason))


def _fault_of(url: str, where: Where) -> str | None:
    if _VISIBLE.fullmatch(url) is None:
        return "A URL is of ASCII letters: a name of others is written as xn--…"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "This is no URL."
    if parts.scheme != "https" and not (where.http and parts.scheme == "http"):
        return "The URL must begin with https://."
    if not host:
        return "The URL names no host."
    if "@" in parts.netloc:
        return "The URL must hold no name and no password."
    if "#" in url:
        return "The URL must have no fragment."
    address = literal(host)
    if address is not None and not may_be_called(address, where.networks):
        return "This address may not be called; an operator can name its network."
    return None


def check_narrowed(wanted: Wanted) -> None:
    """Raises Invalid for what nobody would be told."""
    unknown = sorted(wanted.events & BY_RECEIPT)
    if wanted.is_narrowed and unknown:
        named = ", ".join(unknown)
        reason = f"A receipt does not say whose its message is: this cannot narrow {named}."
        raise Invalid(FieldFault("events", reason))


def check_count(has_already: int) -> None:
    """Raises Conflict."""
    if has_already >= MOST_WEBHOOKS:
        raise Conflict(f"There are no more than {MOST_WEBHOOKS} webhooks: remove one first.")


def check_enabled(webhook: Webhook) -> None:
    """Raises Conflict."""
    if not webhook.is_enabled:
        raise Conflict("This webhook is disabled: enable it first.")


def changed(webhook: Webhook, wanted: Wanted, *, enabled: bool, now: datetime) -> Webhook:
    """Another address, or to be enabled again, is a new beginning: what failed counts no more."""
    after = replace(webhook, wanted=wanted)
    if enabled and not webhook.is_enabled:
        after = replace(after, disabled_at=None, disabled_because=None, health=Health())
    elif not enabled and webhook.is_enabled:
        after = disabled(after, Because.TURNED_OFF, now)
    if wanted.url != webhook.wanted.url:
        after = replace(after, health=Health())
    return webhook if after == webhook else replace(after, updated_at=now)


def disabled(webhook: Webhook, why: Because, now: datetime) -> Webhook:
    return replace(webhook, disabled_at=now, disabled_because=why, updated_at=now, health=Health())


def rotated(webhook: Webhook, secret: bytes, old_good_for: timedelta, now: datetime) -> Webhook:
    """The secret of now signs beside the new one for a while; one before it no more."""
    old = webhook.secrets.now if old_good_for else None
    until = now + old_good_for if old_good_for else None
    return replace(webhook, secrets=Secrets(secret, old, until), updated_at=now)


def failed_once_more(health: Health, now: datetime, told_to_wait: timedelta) -> Health:
    """``told_to_wait``: what the receiver asked for, if it did."""
    failures = health.failures + 1
    rest: timedelta = min(_FIRST_REST * 2 ** min(failures - 1, 10), _LONGEST_REST)
    return Health(failures, health.failing_since or now, now + max(rest, told_to_wait))


def is_given_up(health: Health, now: datetime) -> bool:
    return (
        health.failing_since is not None
        and health.failures >= GIVEN_UP_TRIES
        and now - health.failing_since >= GIVEN_UP_AFTER
    )


def wanted_by(webhooks: Collection[Webhook]) -> frozenset[EventType]:
    """Everything that somebody is to be told of."""
    return frozenset().union(*(one.wanted.events for one in webhooks if one.is_enabled))
