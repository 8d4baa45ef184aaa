"""What the provider accepted: the other half of every comparison.

Columns instead of objects: a record takes about 60 bytes beside its key, so a million
messages fit beside everything else on a small machine. The text itself is not kept, only its
hash.
"""

from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import TypedDict

from deploy.simulator.faults import Answer

ANSWERS = tuple(Answer)
_NUMBER = {answer: number for number, answer in enumerate(ANSWERS)}
_DIGEST = 32  # bytes


class Record(TypedDict):
    """One accepted message."""

    id: int
    count: int
    phone: int
    first_at: str
    last_at: str
    moments: list[str]
    """When each call was accepted, repeats too; the first is `first_at`, the last `last_at`."""
    text_sha256: str
    answer: str
    """How the last call that was accepted was answered."""


class Summary(TypedDict):
    """The counts: `accepted` = `distinct` + `repeats`."""

    calls: int
    in_flight: int
    accepted: int
    distinct: int
    repeats: int
    repeats_after: dict[str, int]
    changed: int
    by_answer: dict[str, int]
    first_at: str | None
    last_at: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order of their first acceptance; `next_after` is None on the last page."""

    items: list[Record]
    next_after: int | None


class Books:
    """Counts of calls and the record of accepted messages."""

    def __init__(self) -> None:
        self.calls = 0
        self.in_flight = 0
        self.by_answer: Counter[Answer] = Counter()
        self.accepted = 0
        self.changed = 0
        self.repeats_after: Counter[Answer] = Counter()
        self._row: dict[int, int] = {}
        self._counts = array("I")
        self._phones = array("q")
        self._first = array("d")
        self._last = array("d")
        # Moments between the first and the last call of the few messages that have them, by row.
        self._between: defaultdict[int, array[float]] = defaultdict(lambda: array("d"))
        self._answers = array("B")
        self._digests = bytearray()

    def accept(self, message: int, phone: int, text: str, answer: Answer, now: float) -> None:
        """Write down one acceptance at `now` (Unix seconds), and how it is about to be answered.

        A message accepted before is a repeat; the answer to the call before explains it.
        """
        self.accepted += 1
        row = self._row.get(message)
        digest = sha256(text.encode()).digest()
        if row is None:
            self._append(message, phone, digest, answer, now)
            return
        self.repeats_after[ANSWERS[self._answers[row]]] += 1
        if self._phones[row] != phone or self._digest(row) != digest:
            self.changed += 1
        if self._counts[row] > 1:
            self._between[row].append(self._last[row])
        self._counts[row] += 1
        self._last[row] = now
        self._answers[row] = _NUMBER[answer]

    def page(self, after: int | None, limit: int) -> Page:
        """Up to `limit` records that follow the message `after`; KeyError if it is unknown."""
        start = 0 if after is None else self._row[after] + 1
        keys = list(islice(self._row, start, start + limit))
        more = start + len(keys) < len(self._row)
        items = [self._record(key, start + offset) for offset, key in enumerate(keys)]
        return Page(items, keys[-1] if more and keys else None)

    def summary(self) -> Summary:
        return Summary(
            calls=self.calls,
            in_flight=self.in_flight,
            accepted=self.accepted,
            distinct=len(self._row),
            repeats=self.accepted - len(self._row),
            repeats_after=_named(self.repeats_after),
            changed=self.changed,
            by_answer=_named(self.by_answer),
            first_at=instant(self._first[0]) if self._first else None,
            last_at=instant(max(self._last)) if self._last else None,
        )

    def _append(self, message: int, phone: int, digest: bytes, answer: Answer, now: float) -> None:
        self._row[message] = len(self._row)
        self._counts.append(1)
        self._phones.append(phone)
        self._first.append(now)
        self._last.append(now)
        self._answers.append(_NUMBER[answer])
        self._digests += digest

    def _digest(self, row: int) -> bytes:
        return bytes(self._digests[row * _DIGEST : (row + 1) * _DIGEST])

    def _moments(self, row: int) -> list[float]:
        between = self._between.get(row, ())
        last = [self._last[row]] if self._counts[row] > 1 else []
        return [self._first[row], *between, *last]

    def _record(self, message: int, row: int) -> Record:
        return Record(
            id=message,
            count=self._counts[row],
            phone=self._phones[row],
            first_at=instant(self._first[row]),
            last_at=instant(self._last[row]),
            moments=[instant(at) for at in self._moments(row)],
            text_sha256=self._digest(row).hex(),
            answer=ANSWERS[self._answers[row]].value,
        )


def instant(at: float) -> str:
    """Unix seconds as ISO 8601 in UTC, to the millisecond."""
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _named(counts: Counter[Answer]) -> dict[str, int]:
    return {answer.value: counts[answer] for answer in ANSWERS if counts[answer]}
