"""A mailing: what it says, where it stands, and what the others hear of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from services.api.domain.callers import EVERYTHING, Scope
from services.api.domain.mailing_rules import check_end
from shared.contracts.base import Message
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingChanged, MailingForgotten, MailingSpec


class MailingState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


OVER = frozenset({MailingState.FINISHED, MailingState.CANCELLED})
SENDING = frozenset({MailingState.SCHEDULED, MailingState.RUNNING})

# What the scheduler works by: whether a mailing has begun is its own doing.
_TOLD: dict[MailingState, Literal["paused", "cancelled"]] = {
    MailingState.PAUSED: "paused",
    MailingState.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class NewMailing:
    """A mailing that has no id yet; ``spec`` is checked (``mailing_rules``)."""

    name: str | None
    state: MailingState
    spec: MailingSpec
    created_at: datetime
    launched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Mailing:
    """``revision`` rises with every change of what is sent, to whom or when, and of the state.

    The name is our own note: changing it changes nothing that anybody else works by, and so
    neither raises the revision nor calls back what is on its way. Nor does a launch raise it:
    nothing is on its way.
    """

    id: int
    name: str | None
    state: MailingState
    revision: int
    spec: MailingSpec
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    deleted_at: datetime | None = None
    # What became of each of its messages is not kept any longer; its numbers are.
    forgotten_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailingFilter:
    """``scope``: whose mailings whoever asks deals with; ``name``: a part of it, whatever its case;
    ``created_to`` is not within."""

    scope: Scope = EVERYTHING
    state: MailingState | None = None
    department_id: int | None = None
    channel: str | None = None
    name: str | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """What a mailing was from ``changed_at`` on; ``changed_by`` is a user's id, if one is known."""

    mailing_id: int
    revision: int
    state: MailingState
    spec: MailingSpec
    changed_at: datetime
    changed_by: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """What a mailing has become, and the messages that say so."""

    mailing: Mailing
    messages: tuple[Message, ...] = ()


def new_mailing(name: str | None, spec: MailingSpec, *, draft: bool, now: datetime) -> NewMailing:
    """Raises Invalid when it is to be launched at once and its end has passed."""
    if draft:
        return NewMailing(name, MailingState.DRAFT, spec, now, None)
    check_end(spec, now)
    return NewMailing(name, MailingState.SCHEDULED, spec, now, now)


def announcement(mailing: Mailing) -> tuple[Message, ...]:
    """What is said when a mailing is launched. No gate: nothing of it is on its way."""
    if mailing.state is MailingState.DRAFT:
        return ()
    return (as_event(mailing),)


def next_revision(mailing: Mailing, now: datetime, **changes: Any) -> Step:
    """The mailing with these changes, told as a whole, and the gate that calls back what is on
    its way by the revision before. What was never launched nobody else has heard of."""
    after = replace(mailing, revision=mailing.revision + 1, updated_at=now, **changes)
    if after.launched_at is None:
        return Step(after)
    return Step(after, (as_event(after), _gate(after)))


def forgotten(mailing: Mailing, now: datetime) -> Step:
    """A finished mailing whose messages are kept no longer. A gate is closed for whatever might
    still turn up; it is of a revision that the mailing will not have, for it never runs again."""
    after = replace(mailing, updated_at=now, forgotten_at=now)
    gate = _gate(replace(after, revision=after.revision + 1))
    return Step(after, (gate, MailingForgotten(mailing_id=mailing.id)))


def is_new(before: Mailing, after: Mailing) -> bool:
    """Whether there is something to be kept as a revision: not for a name alone."""
    return (before.revision, before.state) != (after.revision, after.state)


def as_revision(mailing: Mailing, changed_by: int | None) -> Revision:
    return Revision(
        mailing_id=mailing.id,
        revision=mailing.revision,
        state=mailing.state,
        spec=mailing.spec,
        changed_at=mailing.updated_at,
        changed_by=changed_by,
    )


def as_event(mailing: Mailing) -> MailingChanged:
    """The whole mailing, as the scheduler works by it."""
    return MailingChanged(
        mailing_id=mailing.id,
        revision=mailing.revision,
        state=_TOLD.get(mailing.state, "scheduled"),
        changed_at=mailing.updated_at,
        spec=mailing.spec,
    )


def _gate(mailing: Mailing) -> GatesChanged:
    """Closed as long as nothing is to be sent, whatever revision it carries."""
    closed = mailing.state not in SENDING
    gate = Gate(kind="mailing", id=mailing.id, revision=mailing.revision, closed=closed)
    return GatesChanged(gates=(gate,))
