"""Sending again what ended ``failed`` or ``unknown``, and resolving what is ``unknown``.

Each mailing of a request goes to its next revision, and its messages, told of before it, wait for
that: so they are planned by what the mailing is then, and what had finished is running again by the
time they are. Nothing is decided here on what the provider did: each message is named with the
dispatch that was seen, and the scheduler compares.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeVar

from services.api.domain import lifecycle
from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.choices import (
    Chosen,
    Found,
    OfGroup,
    OfMailing,
    Skipped,
    Sorted,
    TheseMessages,
)
from services.api.domain.dead_letters import Dead
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.mailing_rules import checked, is_over
from services.api.domain.mailings import Mailing, Step
from shared.contracts.replays import (
    MESSAGES_AT_ONCE,
    MessagesReplayed,
    MessagesResolved,
    Replay,
    Resolved,
)

T = TypeVar("T")
As = Literal["sent", "failed"]


@dataclass(frozen=True, slots=True)
class Share:
    """What of a request falls to one mailing; ``revision``: the mailing's, after it."""

    mailing_id: int
    messages: int
    revision: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """``left``: how many more there are than one request takes."""

    messages: int
    mailings: Sequence[Share] = ()
    skipped: Sequence[Skipped] = ()
    left: int = 0


def replayed(
    mailing: Mailing, dead: Sequence[Dead], ends_at: datetime | None, now: datetime, named_by: str
) -> Step:
    """The mailing's next revision, behind the messages that wait for it.

    ``ends_at``: a deadline of their own. ``named_by``: the field that brought the request to this
    mailing. Raises Conflict when nothing of it can be sent any more, Invalid when it is too late.
    """
    step = lifecycle.replayed(mailing, now, named_by)
    own = _deadline(mailing, ends_at, now)
    messages = tuple(
        MessagesReplayed(
            mailing_id=mailing.id, revision=step.mailing.revision, ends_at=own, messages=part
        )
        for part in _parts(list(map(_replay, dead)))
    )
    return replace(step, messages=messages + step.messages)


def resolved(
    mailing_id: int, dead: Sequence[Dead], as_: As, now: datetime
) -> tuple[MessagesResolved, ...]:
    messages = [Resolved(message_id=one.message_id, dispatch=one.dispatch) for one in dead]
    told = {"mailing_id": mailing_id, "at": now, "as": as_}
    return tuple(
        MessagesResolved.model_validate(told | {"messages": part}) for part in _parts(messages)
    )


def outcome(shares: Sequence[Share], parts: Sorted, found: Found) -> Outcome:
    total = sum(share.messages for share in shares)
    return Outcome(total, shares, parts.skipped, found.left)


def replay_deed(share: Share, chosen: Chosen, ends_at: datetime | None) -> Deed:
    facts: dict[str, Fact] = {"messages": share.messages, "revision": share.revision}
    match chosen:
        case TheseMessages(ids):
            facts["message_ids"] = list(ids)
        case OfGroup(group):
            facts |= {"status": group.status, "reason": group.reason}
            facts["http_status"] = group.http_status
        case OfMailing(_, status):
            facts["status"] = status
    if ends_at is not None:
        facts["ends_at"] = ends_at.isoformat()
    return Deed(Action.REPLAY, f"mailings/{share.mailing_id}", facts)


def resolve_deed(mailing_id: int, dead: Sequence[Dead], as_: As) -> Deed:
    ids = [one.message_id for one in dead]
    return Deed(Action.RESOLVE, f"mailings/{mailing_id}", {"as": as_, "message_ids": ids})


def _replay(one: Dead) -> Replay:
    return Replay(message_id=one.message_id, dispatch=one.dispatch, text_sha256=one.text_sha256)


def _deadline(mailing: Mailing, ends_at: datetime | None, now: datetime) -> datetime | None:
    """As the mailing's own is written: in UTC, or naive where its timing is local."""
    if ends_at is None:
        if is_over(mailing.spec, now):
            reason = "The mailing's own end has passed: give these messages another."
            raise Invalid(FieldFault("ends_at", reason))
        return None
    spec = checked(mailing.spec.model_copy(update={"ends_at": ends_at}))
    if is_over(spec, now):
        raise Invalid(FieldFault("ends_at", "This has passed already."))
    return spec.ends_at


def _parts(messages: Sequence[T]) -> Iterator[tuple[T, ...]]:
    for start in range(0, len(messages), MESSAGES_AT_ONCE):
        yield tuple(messages[start : start + MESSAGES_AT_ONCE])
