"""The senders' ledger, as it is told to those who have lost what they knew."""

from typing import Literal

from pydantic import AwareDatetime

from shared.contracts.base import Part

LedgerState = Literal["claimed", "retrying", "sent", "failed", "unknown", "returned"]


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
