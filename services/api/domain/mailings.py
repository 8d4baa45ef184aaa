"""The life of a mailing, decided: what it becomes, and what the others must hear about it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.api.domain.failures import Conflict
from services.api.domain.mailing_rules import check_end
from shared.contracts.base import Message
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingChanged, MailingSpec


class MailingState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


OVER = frozenset({MailingState.FINISHED, MailingState.CANCELLED})


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
    neither raises the revision nor calls back what is on its way.
    """

    id: int
    name: str | None
    state: MailingState
    revision: int
    spec: MailingSpec
    created_at: datetime
    updated_at: datetime
    launched_at: datetime | None = None
    deleted_at: datetime | None = None


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


def launched(mailing: Mailing, now: datetime) -> Step:
    """Raises Conflict unless it is a draft, Invalid when its end has passed."""
    if mailing.state is not MailingState.DRAFT:
        raise Conflict(f"Only a draft can be launched; this mailing is {mailing.state}.")
    check_end(mailing.spec, now)
    after = replace(mailing, state=MailingState.SCHEDULED, launched_at=now, updated_at=now)
    return Step(after, announcement(after))


def changed(mailing: Mailing, name: str | None, spec: MailingSpec, now: datetime) -> Step:
    """Raises Conflict when the mailing is over, Invalid when its new end has passed."""
    if mailing.state in OVER:
        raise Conflict(f"This mailing is {mailing.state} and cannot be changed any more.")
    if spec == mailing.spec:
        same_name = name == mailing.name
        return Step(mailing if same_name else replace(mailing, name=name, updated_at=now))
    after = replace(mailing, name=name, spec=spec, revision=mailing.revision + 1, updated_at=now)
    if mailing.state is MailingState.DRAFT:
        return Step(after)
    check_end(spec, now)
    return Step(after, (as_event(after), _gate(after, closed=False)))


def deleted(mailing: Mailing, now: datetime) -> Step:
    """Cancelled and out of the list. Deleting again, or what is finished, only takes it out."""
    gone = replace(mailing, deleted_at=mailing.deleted_at or now)
    if mailing.state in OVER:
        return Step(gone)
    after = replace(
        gone, state=MailingState.CANCELLED, revision=mailing.revision + 1, updated_at=now
    )
    if mailing.state is MailingState.DRAFT:
        return Step(after)
    return Step(after, (as_event(after), _gate(after, closed=True)))


def as_event(mailing: Mailing) -> MailingChanged:
    """The whole mailing, as the scheduler works by it."""
    cancelled = mailing.state is MailingState.CANCELLED
    return MailingChanged(
        mailing_id=mailing.id,
        revision=mailing.revision,
        state="cancelled" if cancelled else "scheduled",
        changed_at=mailing.updated_at,
        spec=mailing.spec,
    )


def _gate(mailing: Mailing, *, closed: bool) -> GatesChanged:
    gate = Gate(kind="mailing", id=mailing.id, revision=mailing.revision, closed=closed)
    return GatesChanged(gates=(gate,))
