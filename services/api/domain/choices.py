"""Which dead messages a request at the desk is about, and which of them it can be about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from services.api.domain.dead_letters import Dead, DeadStatus, Group

# Named one by one in a request.
MOST_IDS = 1_000
# Chosen by one request: they are told of in one transaction, which must not last.
MOST_MESSAGES = 100_000

_NOT_DEAD = "It is no message of a mailing that is failed or unknown."


@dataclass(frozen=True, slots=True)
class TheseMessages:
    """``field``, here and below: what the request named them by."""

    field: ClassVar[str] = "message_ids"

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OfGroup:
    field: ClassVar[str] = "group"

    group: Group


@dataclass(frozen=True, slots=True)
class OfMailing:
    """All of a mailing that are at such an end; None: at either."""

    field: ClassVar[str] = "mailing_id"

    mailing_id: int
    status: DeadStatus | None = None


Many = OfGroup | OfMailing
Chosen = TheseMessages | Many


@dataclass(frozen=True, slots=True)
class Found:
    """``missing``: asked for one by one, and not dead. ``left``: more than one request takes."""

    dead: Sequence[Dead]
    missing: Sequence[int] = ()
    left: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message, or something parked, to which nothing is done; ``reason`` is a sentence."""

    reason: str
    message_id: int | None = None
    parked_id: int | None = None


@dataclass(frozen=True, slots=True)
class Sorted:
    """The messages to which something is done, by mailing, and the others."""

    by_mailing: dict[int, list[Dead]] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


def sorted_out(found: Found, why_not: Callable[[Dead], str | None]) -> Sorted:
    """``why_not``: the sentence for one to which nothing can be done. In the order of mailings, so
    that they are locked in it."""
    result = Sorted(skipped=[Skipped(_NOT_DEAD, one) for one in found.missing])
    for one in sorted(found.dead, key=lambda one: (one.mailing_id, one.message_id)):
        if (reason := why_not(one)) is not None:
            result.skipped.append(Skipped(reason, one.message_id))
        else:
            result.by_mailing.setdefault(one.mailing_id, []).append(one)
    return result


def why_not_replayed(one: Dead) -> str | None:
    """Another call must say word for word what one said that may have been accepted."""
    if one.status == "unknown" and one.text_sha256 is None:
        return "A call of it may have been accepted, and nobody knows what it said: resolve it."
    return None


def why_not_resolved(one: Dead) -> str | None:
    if one.status != "unknown":
        return f"It is {one.status}: only what is unknown can be resolved."
    return None


def filters(chosen: Many) -> tuple[int, DeadStatus | None, str | None]:
    """By which the groups are found that hold what is chosen: mailing, status, reason."""
    if isinstance(chosen, OfGroup):
        return chosen.group.mailing_id, chosen.group.status, chosen.group.reason
    return chosen.mailing_id, chosen.status, None


def counted(chosen: Many, groups: Sequence[Mapping[str, Any]]) -> int:
    """How many messages of these groups, as stats tells of them, are chosen."""
    return sum(
        one["messages"]
        for one in groups
        if isinstance(chosen, OfMailing) or Group(**one["group"]) == chosen.group
    )
