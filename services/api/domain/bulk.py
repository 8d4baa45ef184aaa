"""One change of many clients: of all whom a filter finds, or of everybody.

It goes over the clients by id, some at a time, and ends with the last one there was when it was
asked for. Each is changed as they are when their turn comes, if the filter finds them then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.api.domain.clients import (
    Client,
    Tombstone,
    buried,
    gate_for,
    retagged,
)
from services.api.domain.failures import FieldFault, Invalid
from shared.contracts.gates import Gate


class BulkAction(StrEnum):
    TAG = "tag"
    UNTAG = "untag"
    DELETE = "delete"


class BulkState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Whom:
    """Any value of each list will do, and all lists must match; an empty one asks for nothing."""

    tags: tuple[str, ...] = ()
    operator_codes: tuple[str, ...] = ()
    timezones: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()

    @property
    def is_everybody(self) -> bool:
        return not (self.tags or self.operator_codes or self.timezones or self.phones)


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """``tags``: to be given or taken; ``dry_run``: it is only counted."""

    action: BulkAction
    whom: Whom
    tags: tuple[str, ...] = ()
    dry_run: bool = False

    @property
    def gives_tags(self) -> bool:
        return self.action is BulkAction.TAG


@dataclass(frozen=True, slots=True)
class BulkTask:
    """Still to be done with the clients behind ``after``, up to ``last``."""

    id: int
    order: BulkOrder
    after: int
    last: int


@dataclass(frozen=True, slots=True)
class Bulk:
    """``phones``: how many the filter names; which, is forgotten when it has ended. ``refused``:
    clients who would have had too many tags."""

    id: int
    order: BulkOrder
    phones: int
    state: BulkState
    matched: int
    changed: int
    refused: int
    created_at: datetime
    finished_at: datetime | None

    @property
    def unchanged(self) -> int:
        """Who matched, and were so already."""
        return self.matched - self.changed - self.refused


@dataclass(frozen=True, slots=True)
class Part:
    """Those of some clients who match; the next ones come behind ``end``."""

    end: int
    clients: Sequence[Client]


@dataclass(slots=True)
class Outcome:
    changed: list[Client] = field(default_factory=list)
    buried: list[Tombstone] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    refused: int = 0

    def clients(self) -> int:
        return len(self.changed) + len(self.buried)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a part brings it; the next one begins behind ``end``."""

    end: int
    matched: int
    changed: int
    refused: int


def bulk_order(
    action: BulkAction, tags: Sequence[str], whom: Whom, *, everybody: bool, dry_run: bool
) -> BulkOrder:
    """Raises Invalid. A filter that was forgotten is not everybody."""
    faults = []
    if action is BulkAction.DELETE and tags:
        reason = "A deletion takes no tags: whoever has a tag is chosen by the filter."
        faults.append(FieldFault("tags", reason))
    if action is not BulkAction.DELETE and not tags:
        faults.append(FieldFault("tags", "Say which tags."))
    if whom.is_everybody and not everybody:
        reason = "Say whose: a filter that names something, or all for everybody."
        faults.append(FieldFault("filter", reason))
    if everybody and not whom.is_everybody:
        faults.append(FieldFault("all", "Either a filter or all: not both."))
    if faults:
        raise Invalid(*faults)
    return BulkOrder(action, whom, tuple(tags), dry_run)


def decide(order: BulkOrder, clients: Sequence[Client], now: datetime) -> Outcome:
    if order.action is BulkAction.DELETE:
        return _deleted(clients)
    outcome = Outcome()
    plus, minus = (order.tags, ()) if order.gives_tags else ((), order.tags)
    for client in clients:
        try:
            after = retagged(client, plus, minus, now)
        except ValueError:
            outcome.refused += 1
            continue
        if after is not client:
            outcome.changed.append(after)
    return outcome


def _deleted(clients: Sequence[Client]) -> Outcome:
    tombstones = [buried(client) for client in clients]
    gates = [
        gate
        for client, tombstone in zip(clients, tombstones, strict=True)
        if (gate := gate_for(client, tombstone)) is not None
    ]
    return Outcome(buried=tombstones, gates=gates)
