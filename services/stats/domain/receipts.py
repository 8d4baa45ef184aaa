"""What a receipt makes of a message. It names the message alone, and may come before anything else.

* ``delivered`` proves that the client has it. It counts whatever else was or will be heard of the
  message, and nothing takes it back: what is told later moves its position, never this status.
* ``undelivered`` proves that the provider had accepted it and gave up. It counts for a message
  that was sent, or of which that is not known, or was believed to have failed; for any other it
  waits. It is of the dispatch that was known when it counted: a later one is another story.
* Of several receipts of a message one ``delivered`` outweighs all others, else the latest counts.
  One that was heard before changes nothing.

So the same events and receipts lead to the same end in whatever order they come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.stats.domain.standing import Change, Standing, shifts
from shared.contracts.statuses import Status

# The ends that a provider's word is about.
AT_THE_PROVIDER = frozenset({Status.SENT, Status.UNKNOWN, Status.FAILED, Status.UNDELIVERED})


class Receipt(NamedTuple):
    """``waits``: it does not count yet; nothing may be known of its message."""

    message_id: int
    status: Status
    at: datetime
    reason: str | None
    provider: str
    waits: bool = True

    @property
    def weight(self) -> tuple[bool, datetime, str, str]:
        return self.status is Status.DELIVERED, self.at, self.reason or "", self.provider


@dataclass(frozen=True, slots=True)
class Settled:
    """``receipts``: those to be kept, in place of others of the same messages."""

    change: Change
    receipts: tuple[Receipt, ...]

    @property
    def waiting(self) -> int:
        return sum(one.waits for one in self.receipts)


def settle(
    known: Mapping[int, Standing], kept: Mapping[int, Receipt], told: Iterable[Receipt]
) -> Settled:
    """``known`` and ``kept``: as far as there are any of the messages that are told of."""
    receipts: list[Receipt] = []
    changed: list[Standing] = []
    for receipt in _weightiest(told).values():
        before = kept.get(receipt.message_id)
        if before is not None and receipt.weight <= before.weight:
            if not before.waits:
                continue
            counting = before  # it outweighs what came, and waits still
        else:
            counting = receipt
        standing = known.get(counting.message_id)
        after = None if standing is None else received(standing, counting)
        receipts.append(counting._replace(waits=after is None))
        if after is not None and after != standing:
            changed.append(after)
    change = Change(changed=tuple(changed), shifts=shifts(known, changed), applied=len(changed))
    return Settled(change, tuple(receipts))


def received(standing: Standing, receipt: Receipt) -> Standing | None:
    """None: it does not count as things stand."""
    if receipt.status is Status.UNDELIVERED:
        if standing.status is Status.DELIVERED:
            return standing
        if standing.status not in AT_THE_PROVIDER:
            return None
    return standing._replace(
        status=receipt.status,
        reason=receipt.reason,
        detail=None,
        updated_at=receipt.at,
        next_attempt_at=None,
        http_status=None,
    )


def _weightiest(told: Iterable[Receipt]) -> dict[int, Receipt]:
    found: dict[int, Receipt] = {}
    for receipt in told:
        before = found.get(receipt.message_id)
        if before is None or before.weight < receipt.weight:
            found[receipt.message_id] = receipt
    return found
