"""The senders' ledger, as it is told to those who have lost what they knew."""

from typing import Literal

from pydantic import AwareDatetime

from shared.contracts.base import Part
from shared.contracts.gates import Gate

LedgerState = Literal["claimed", "retrying", "sent", "failed", "unknown", "returned"]
# Which rows are asked for: all, those whose message came back, or the others.
Which = Literal["all", "returned", "others"]


class LedgerRow(Part):
    """One message as the senders have it. ``attempt`` is claimed, or due when retrying; what is
    told of an outcome is about the attempt ``called``, None before the first."""

    message_id: int
    mailing_id: int
    client_id: int
    timezone: str
    dispatch: int
    attempt: int
    state: LedgerState
    uncertain: bool = False
    called: int | None = None
    happened_at: AwareDatetime | None = None
    reason: str | None = None
    detail: str | None = None
    http_status: int | None = None
    latency_ms: int | None = None
    next_attempt_at: AwareDatetime | None = None
    mailing_revision: int | None = None
    client_revision: int | None = None


class GateTable(Part):
    """A page of the gates of mailings that the senders' database has, ``now`` by its clock.

    ``oldest``: since when the longest of the statements has run that senders have under way; None
    when there is none. One that began before a gate was there may not have seen it.
    """

    now: AwareDatetime
    oldest: AwareDatetime | None = None
    gates: tuple[Gate, ...] = ()
