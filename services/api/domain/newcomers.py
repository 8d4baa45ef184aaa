"""Clients to be added of whom little is told, column by column: what imports mostly consist of.

A row costs a fraction of what it does as an object of its own, on the way to the database, to the
broker and in the scheduler. Kinds (zone, code, tags) are few; each is written out once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.api.domain.clients import LARGEST_NEWS
from services.api.domain.imports.rows import UNSET, ImportRow, MaybeUnset
from services.api.domain.phones import operator_code_of
from shared.contracts.directory import ClientsAdded

Kind = tuple[str, str, tuple[str, ...]]

# Of the JSON: an id, a phone, the place of a kind, and what stands between them.
_ROW_SIZE = 60
_KIND_SIZE = 200


@dataclass(frozen=True, slots=True)
class Newcomers:
    """In every column the same place is the same client, in the order of the phones: neighbours in
    a batch are neighbours in an index. ``emails`` and ``names`` are None when nobody has one."""

    phones: Sequence[str]
    kinds: Sequence[Kind]
    kind_of: Sequence[int]
    emails: Sequence[str | None] | None = None
    names: Sequence[str | None] | None = None

    def tags(self) -> set[str]:
        return {tag for _, _, tags in self.kinds for tag in tags}

    def size(self) -> int:
        """No less than the bytes of the JSON: a character takes four at most."""
        tags = sum(len(tag) for _, _, tags in self.kinds for tag in tags)
        listed = sum(len(one) for one in (*(self.emails or ()), *(self.names or ())) if one)
        return _ROW_SIZE * len(self.phones) + _KIND_SIZE * len(self.kinds) + 4 * (tags + listed)


def newcomers_from(rows: Sequence[ImportRow]) -> Iterator[Newcomers]:
    """Rows of clients that nobody knows, each phone once, without attributes; as many at a time as
    one message can tell of."""
    if not rows:
        return
    newcomers = _columns(sorted(rows))
    if len(rows) == 1 or newcomers.size() <= LARGEST_NEWS:
        yield newcomers
        return
    half = len(rows) // 2
    yield from newcomers_from(rows[:half])
    yield from newcomers_from(rows[half:])


def news_of(newcomers: Newcomers, ids: Sequence[int]) -> ClientsAdded:
    # All in one go: models made one by one take several times as long.
    kinds = [
        {"timezone": zone, "operator_code": code, "tags": tags}
        for zone, code, tags in newcomers.kinds
    ]
    return ClientsAdded.model_validate(
        {
            "kinds": kinds,
            "ids": ids,
            "phones": newcomers.phones,
            "kind_of": newcomers.kind_of,
            "emails": newcomers.emails,
            "names": newcomers.names,
        }
    )


def _columns(rows: Sequence[ImportRow]) -> Newcomers:
    phones, zones, codes, tags, emails, names, _ = zip(*rows, strict=True)
    places: dict[Kind, int] = {}
    kinds = zip(zones, _codes(codes, phones), _tags(tags), strict=True)
    kind_of = [places.setdefault(kind, len(places)) for kind in kinds]
    return Newcomers(phones, list(places), kind_of, _told(emails), _told(names))


def _codes(codes: Sequence[str | MaybeUnset | None], phones: Sequence[str]) -> Sequence[str]:
    own = list(map(operator_code_of, phones))
    if codes.count(UNSET) == len(codes):
        return own
    return [
        its_own if code is UNSET or not code else code
        for code, its_own in zip(codes, own, strict=True)
    ]


def _tags(tags: Sequence[tuple[str, ...] | MaybeUnset]) -> Sequence[tuple[str, ...]]:
    return [() if one is UNSET else one for one in tags]


def _told(column: Sequence[str | MaybeUnset | None]) -> list[str | None] | None:
    if column.count(UNSET) == len(column):
        return None
    told = [None if one is UNSET else one for one in column]
    return None if told.count(None) == len(told) else told
