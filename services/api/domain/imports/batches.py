"""What a batch of rows does to the clients: decided as a whole, before anything is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.api.domain.clients import Client, Profile, gate_for, with_profile
from services.api.domain.imports.rows import ImportRow, RowFault, profile_after
from shared.contracts.gates import Gate

MOST_ERRORS_KEPT = 100


@dataclass(frozen=True, slots=True)
class RowError:
    """``row`` counts from 1 without the header; the header itself is row 0."""

    row: int
    field: str | None
    reason: str


@dataclass(slots=True)
class Batch:
    """Rows that are written in one transaction, and those that cannot be taken.

    ``end``: the offset in the file behind the last of them, where the next batch begins.
    """

    first_row: int
    end: int
    rows_read: int = 0
    rows: list[tuple[int, ImportRow]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def phones(self) -> set[str]:
        return {row.phone for _, row in self.rows}

    def add(self, row: ImportRow | RowFault, end: int) -> None:
        number = self.first_row + self.rows_read
        self.rows_read += 1
        self.end = end
        if isinstance(row, RowFault):
            self.errors.append(RowError(number, row.field, row.reason))
        else:
            self.rows.append((number, row))


@dataclass(slots=True)
class Decision:
    added: list[Profile] = field(default_factory=list)
    changed: list[Client] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def decide(
    rows: Iterable[tuple[int, ImportRow]], existing: Mapping[str, Client], now: datetime
) -> Decision:
    """``existing``: the living clients by phone. A phone that comes twice: the last row wins."""
    decision = Decision()
    profiles: dict[str, Profile] = {}
    for number, row in rows:
        known = existing.get(row.phone)
        before = profiles.get(row.phone) or (None if known is None else known.profile)
        try:
            profiles[row.phone] = profile_after(row, before)
        except RowFault as fault:
            decision.errors.append(RowError(number, fault.field, fault.reason))
    for phone, profile in profiles.items():
        _decide_one(decision, existing.get(phone), profile, now)
    return decision


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
