"""Books: how many messages of a mailing stand under each status. They always add up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.statuses import Status

ByStatus = Mapping[Status, int]

_NOBODY = dict.fromkeys(Status, 0)


@dataclass(frozen=True, slots=True)
class ZoneBook:
    """One zone of a mailing. ``rest`` names where its clients without a message stand.

    The wave's own facts are unknown (None) while only messages of the zone have been heard of.
    """

    timezone: str
    by_status: ByStatus
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    rest: Status | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MailingBook:
    """A mailing as a whole, without its zones."""

    mailing_id: int
    by_status: ByStatus
    first_sent_at: datetime | None = None
    last_sent_at: datetime | None = None


def audience(by_status: ByStatus) -> int:
    return sum(by_status.values())


def listed(by_status: ByStatus) -> dict[Status, int]:
    """Every status, in the order of their definition, those with nobody too."""
    return {**_NOBODY, **by_status}


def total(books: Iterable[ByStatus]) -> dict[Status, int]:
    counts: Counter[Status] = Counter()
    for by_status in books:
        counts.update(by_status)
    return listed(counts)
