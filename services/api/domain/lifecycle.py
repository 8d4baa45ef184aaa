"""The life of a mailing, decided: what each step makes of it, and from where it can be taken.

    draft ──launch──▶ scheduled ──(first wave opens)──▶ running ──(all at an end)──▶ finished
                          ▲  │pause                        ▲ │pause
                          │  ▼                             │ ▼
                        paused (not begun)               paused (begun)

From every state but ``finished`` it can be cancelled; in every state it can be deleted, which
cancels it if it is not over. What has finished runs again when messages of it that failed are to be
sent again. To pause what is paused, and to cancel what is cancelled, is a goal
reached already: the mailing stays as it is, and nobody is told anything.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from services.api.domain.failures import Conflict, FieldFault, Invalid
from services.api.domain.fields import LONGEST_NAME
from services.api.domain.mailing_rules import check_end
from services.api.domain.mailings import (
    OVER,
    SENDING,
    Mailing,
    MailingState,
    Step,
    announcement,
    next_revision,
)
from shared.contracts.mailings import MailingSpec

_COPY = " (copy)"


def launched(mailing: Mailing, now: datetime) -> Step:
    """Raises Conflict unless it is a draft, Invalid when its end has passed."""
    _need(mailing, {MailingState.DRAFT}, "Only a draft can be launched")
    check_end(mailing.spec, now)
    after = replace(mailing, state=MailingState.SCHEDULED, launched_at=now, updated_at=now)
    return Step(after, announcement(after))


def paused(mailing: Mailing, now: datetime) -> Step:
    """Raises Conflict unless it is scheduled, running or paused already."""
    if mailing.state is MailingState.PAUSED:
        return Step(mailing)
    _need(mailing, SENDING, "Only a scheduled or running mailing can be paused")
    return next_revision(mailing, now, state=MailingState.PAUSED)


def resumed(mailing: Mailing, now: datetime) -> Step:
    """Goes on where it was. Raises Conflict unless it is paused."""
    _need(mailing, {MailingState.PAUSED}, "Only a paused mailing can be resumed")
    begun = mailing.started_at is not None
    return next_revision(
        mailing, now, state=MailingState.RUNNING if begun else MailingState.SCHEDULED
    )


def cancelled(mailing: Mailing, now: datetime) -> Step:
    """For good. Raises Conflict when it has finished."""
    if mailing.state is MailingState.CANCELLED:
        return Step(mailing)
    _need(mailing, set(MailingState) - OVER, "What has finished cannot be cancelled")
    return next_revision(mailing, now, state=MailingState.CANCELLED)


def changed(mailing: Mailing, name: str | None, spec: MailingSpec, now: datetime) -> Step:
    """It keeps its state: a paused mailing stays paused.

    Raises Conflict when the mailing is over, Invalid when its new end has passed or another filter
    is given to an audience that was frozen.
    """
    _need(mailing, set(MailingState) - OVER, "What is over cannot be changed any more")
    if spec == mailing.spec:
        same_name = name == mailing.name
        return Step(mailing if same_name else replace(mailing, name=name, updated_at=now))
    if mailing.state is not MailingState.DRAFT:
        check_end(spec, now)
        _check_frozen(mailing.spec, spec)
    return next_revision(mailing, now, name=name, spec=spec)


def _check_frozen(before: MailingSpec, after: MailingSpec) -> None:
    if before.audience == after.audience == "frozen" and before.filter != after.filter:
        reason = "The audience was frozen at the launch: its filter has done its work."
        raise Invalid(FieldFault("filter", reason))


def deleted(mailing: Mailing, now: datetime) -> Step:
    """Cancelled and out of the list. Deleting again, or what is finished, only takes it out."""
    gone = replace(mailing, deleted_at=mailing.deleted_at or now)
    if mailing.state in OVER:
        return Step(gone)
    return next_revision(gone, now, state=MailingState.CANCELLED)


def replayed(mailing: Mailing, now: datetime, named_by: str) -> Step:
    """Some of its messages are sent again: what has finished is running, anything else stays.

    ``named_by``: the field of the request that named it. Raises Conflict when nobody heard of it
    yet, or nothing of it is to be sent any more.
    """
    if mailing.forgotten_at is not None:
        reason = f"What became of each message of mailing {mailing.id} is not kept any longer."
        raise Conflict(reason, (FieldFault(named_by, reason),))
    stands = mailing.state if mailing.deleted_at is None else "deleted"
    if stands in (MailingState.DRAFT, MailingState.CANCELLED, "deleted"):
        reason = f"Nothing of mailing {mailing.id} can be sent again; this mailing is {stands}."
        raise Conflict(reason, (FieldFault(named_by, reason),))
    finished = mailing.state is MailingState.FINISHED
    state = MailingState.RUNNING if finished else mailing.state
    return next_revision(mailing, now, state=state, finished_at=None)


def copied(mailing: Mailing) -> Mailing:
    """The mailing under the name that its copy gets."""
    if mailing.name is None:
        return mailing
    return replace(mailing, name=mailing.name[: LONGEST_NAME - len(_COPY)].rstrip() + _COPY)


def _need(mailing: Mailing, states: Collection[MailingState], rule: str) -> None:
    if mailing.state not in states:
        reason = f"{rule}; this mailing is {mailing.state}."
        raise Conflict(reason, (FieldFault("state", reason),))
