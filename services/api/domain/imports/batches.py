"""What a batch of rows does to the clients: decided as a whole, before anything is written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from operator import not_

from services.api.domain.clients import Client, Profile, gate_for, with_profile
from services.api.domain.imports.rows import UNSET, ImportRow, RowBlock, RowFault, profile_after
from services.api.domain.newcomers import Newcomers, newcomers_from
from shared.contracts.gates import Gate

# Shown with an import.
MOST_ERRORS_KEPT = 100
# In the file of them: some ten megabytes.
MOST_ERRORS_LISTED = 100_000
# In place of a reason that quoted somebody.
FORGOTTEN = "What was wrong told of a client who has been erased."


@dataclass(frozen=True, slots=True)
class RowError:
    """``row`` counts from 1 without the header; the header itself is row 0."""

    row: int
    field: str | None
    reason: str


def left_out(told: int, rejected: int) -> RowError:
    """The last line of a list that is too long."""
    return RowError(0, None, f"Listed are the first {told} of {rejected} rows that were rejected.")


@dataclass(slots=True)
class Batch:
    """Rows that are written in one transaction, and those that cannot be taken.

    ``numbers``: of the rows, place by place. ``end``: the offset in the file behind the last of
    them, where the next batch begins.
    """

    first_row: int
    end: int
    rows_read: int = 0
    bytes_read: int = 0
    rows: list[ImportRow] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def phones(self) -> set[str]:
        return {row.phone for row in self.rows}

    def take(self, block: RowBlock, start: int, most: int) -> int:
        """Rows of the block from the given place on, until there are ``most``; where it stopped."""
        stop = min(len(block.rows), start + most - self.rows_read)
        if stop == start:
            return start
        first = self.first_row + self.rows_read
        for number, row in enumerate(block.rows[start:stop], start=first):
            if isinstance(row, ImportRow):
                self.rows.append(row)
                self.numbers.append(number)
            else:
                self.errors.append(RowError(number, row.field, row.reason))
        self.rows_read += stop - start
        self.bytes_read += block.ends[stop - 1] - self.end
        self.end = block.ends[stop - 1]
        return stop

    def next(self) -> "Batch":
        """An empty one, behind this one."""
        return Batch(self.first_row + self.rows_read, self.end)


@dataclass(slots=True)
class Decision:
    """``newcomers``: the clients to be added of whom little is told, which is nearly all of most
    files; ``added``: the other ones."""

    newcomers: list[Newcomers] = field(default_factory=list)
    added: list[Profile] = field(default_factory=list)
    changed: list[Client] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def clients_added(self) -> int:
        return len(self.added) + sum(len(one.phones) for one in self.newcomers)


def decide(
    batch: Batch,
    existing: Mapping[str, Client],
    now: datetime,
    default_timezone: str | None = None,
) -> Decision:
    """``existing``: the living clients by phone. A phone that comes twice: the last row wins."""
    simple, others = _apart(batch, existing)
    decision = Decision(newcomers=list(newcomers_from(simple)))
    profiles: dict[str, Profile] = {}
    for number, row in others:
        known = existing.get(row.phone)
        before = profiles.get(row.phone) or (None if known is None else known.profile)
        try:
            profiles[row.phone] = profile_after(row, before, default_timezone)
        except RowFault as fault:
            decision.errors.append(RowError(number, fault.field, fault.reason))
    for phone, profile in profiles.items():
        _decide_one(decision, existing.get(phone), profile, now)
    return decision


def _apart(
    batch: Batch, existing: Mapping[str, Client]
) -> tuple[Sequence[ImportRow], Iterable[tuple[int, ImportRow]]]:
    """Those who are new, come once, say their zone and have no attributes; and everybody else."""
    phones = Counter([row.phone for row in batch.rows])
    apart = set(existing)
    if len(phones) < len(batch.rows):
        apart.update(phone for phone, times in phones.items() if times > 1)
    simple = [
        row.attributes is UNSET and row.timezone is not UNSET and row.phone not in apart
        for row in batch.rows
    ]
    numbered = zip(batch.numbers, batch.rows, strict=True)
    return list(compress(batch.rows, simple)), compress(numbered, map(not_, simple))


def _decide_one(decision: Decision, before: Client | None, profile: Profile, now: datetime) -> None:
    if before is None:
        decision.added.append(profile)
        return
    after = with_profile(before, profile, now)
    if after is before:
        return
    decision.changed.append(after)
    if (gate := gate_for(before, after)) is not None:
        decision.gates.append(gate)
