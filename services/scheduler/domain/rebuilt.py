"""Rows of messages made anew from the senders' ledger.

Whatever a sender has, or has ended, is ``queued`` here: the scheduler does not follow it further. A
message that came back is due again under its next dispatch, as it would have been; what a lost plan
had since decided about it is decided once more. Two of those are different:

* one of which a call may have been accepted. Another call would have to say the same (decision 7),
  and the text was in the lost row: it ends ``unknown``, for a person to look into.
* one whose mailing is over. The plan had ended it; why is lost.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from shared.contracts.ledger import LedgerRow
from shared.contracts.trials import NO_MAILING

TEXT_LOST = "text_lost"
TEXT_LOST_SENTENCE = (
    "A call may have been accepted, and what it said was lost with the scheduler's database:"
    " it is not repeated."
)
PLAN_LOST = "plan_lost"


@dataclass(frozen=True, slots=True)
class RebuiltRow:
    """``told``: stats is to hear of this end, which nobody had decided before."""

    message_id: int
    mailing_id: int
    client_id: int
    timezone: str
    dispatch: int
    state: str
    ended_as: str | None = None
    reason: str | None = None
    detail: str | None = None
    returned_at: datetime | None = None
    until_mailing_revision: int | None = None
    until_client_revision: int | None = None

    @property
    def told(self) -> bool:
        return self.reason == TEXT_LOST


def rebuilt(rows: Collection[LedgerRow], live: Collection[int]) -> list[RebuiltRow]:
    """``live``: the mailings that are not over. Trials have no rows."""
    return [_row(row, live) for row in rows if row.mailing_id != NO_MAILING]


def _row(row: LedgerRow, live: Collection[int]) -> RebuiltRow:
    if row.state != "returned":
        return _made(row, row.dispatch, "queued")
    back = _made(row, row.dispatch + 1, "held")
    if row.mailing_id not in live:
        ended_as = "unknown" if row.uncertain else "cancelled"
        return replace(back, state="ended", ended_as=ended_as, reason=PLAN_LOST)
    if row.uncertain:
        lost = replace(back, state="ended", ended_as="unknown", reason=TEXT_LOST)
        return replace(lost, detail=TEXT_LOST_SENTENCE)
    return replace(
        back,
        returned_at=row.happened_at,
        until_mailing_revision=row.mailing_revision,
        until_client_revision=row.client_revision,
    )


def _made(row: LedgerRow, dispatch: int, state: str) -> RebuiltRow:
    place = (row.message_id, row.mailing_id, row.client_id, row.timezone)
    return RebuiltRow(*place, dispatch, state)
