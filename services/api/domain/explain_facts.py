"""What is known of one client in one mailing when a person asks why, put into types.

The scheduler tells how its plan stands to the client, the stats service what became of a message;
the mailing and the client are ours.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.api.domain.mailings import Mailing
from shared.contracts.statuses import Status

Verdict = Literal["sent", "in_progress", "will_be_sent", "not_sent", "will_not_be_sent", "unknown"]


@dataclass(frozen=True, slots=True)
class Span:
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class PlannedClient:
    """The client as the scheduler has them; None where the mailing does not ask for it."""

    deleted: bool
    timezone: str | None
    matches_tags: bool | None
    matches_operator_codes: bool | None
    in_frozen: bool | None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class PlannedWave:
    """``taken``: the clients of the zone have been taken, this one or their place included."""

    timezone: str
    phase: str
    opens_at: datetime | None
    closes_at: datetime | None
    reason: str | None
    taken: bool


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """``state``: queued, held or ended; ``ended_as`` is a status when the scheduler ended it."""

    id: int
    state: str
    dispatch: int
    ended_as: str | None
    reason: str | None
    due_at: datetime | None
    timezone: str


@dataclass(frozen=True, slots=True)
class PlanStanding:
    client: PlannedClient | None
    wave: PlannedWave | None
    message: PlannedMessage | None
    opening: Span | None


@dataclass(frozen=True, slots=True)
class MessageHistory:
    """The message as the stats service has it. ``window``: that of the last attempt."""

    status: Status
    dispatch: int
    reason: str | None
    detail: str | None
    timezone: str
    sent_at: datetime | None
    next_attempt_at: datetime | None
    window: Span | None


@dataclass(frozen=True, slots=True)
class Facts:
    """``plan``: None when the scheduler has not heard of the mailing; ``history``: None when the
    stats service has not heard of the message, or there is none."""

    mailing: Mailing
    client_id: int
    client_deleted: bool
    plan: PlanStanding | None
    history: MessageHistory | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """``hours``: the opening it is about, of the client's ``timezone``. ``expected_at``: when the
    next thing is due to happen, at the earliest. ``status``: None when there is no message and
    will be none."""

    verdict: Verdict
    explanation: str
    status: Status | None = None
    reason: str | None = None
    expected_at: datetime | None = None
    timezone: str | None = None
    hours: Span | None = None
    message_id: int | None = None
