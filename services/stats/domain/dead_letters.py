"""Messages that ended ``failed`` or ``unknown``: what a person looks into, grouped by the cause."""

from datetime import datetime
from typing import NamedTuple

from shared.contracts.statuses import Status

DEAD = (Status.FAILED, Status.UNKNOWN)


class Cause(NamedTuple):
    """What a group of dead letters has in common. None is a value like any other: a message that
    was never answered has no ``http_status``, and is in no group of those that were."""

    mailing_id: int
    status: Status
    reason: str | None
    http_status: int | None
    detail: str | None


class Wanted(NamedTuple):
    """Which dead letters; here None is any."""

    mailing_id: int | None = None
    status: Status | None = None
    reason: str | None = None


class Sample(NamedTuple):
    """One message of a group with the last call that was made for it.

    Where none was, ``attempt`` is 0 and ``at`` the time of its end.
    """

    message_id: int
    client_id: int
    timezone: str
    dispatch: int
    attempt: int
    at: datetime
    latency_ms: int | None
    http_status: int | None
    text_sha256: str | None


class Group(NamedTuple):
    """``first_at`` and ``last_at``: when its messages came to their end."""

    cause: Cause
    messages: int
    first_at: datetime
    last_at: datetime
    sample: Sample


class DeadLetter(NamedTuple):
    """``text_sha256``: of the call that may have been accepted; None when surely none was."""

    message_id: int
    mailing_id: int
    client_id: int
    dispatch: int
    status: Status
    text_sha256: str | None


def place(cause: Cause) -> tuple[int, str, str, int, str]:
    """Where a group stands in the list: those of the newest mailing first. No word is empty and
    no answer has the status 0, so what is None stands before everything else."""
    return (
        -cause.mailing_id,
        cause.status,
        cause.reason or "",
        cause.http_status or 0,
        cause.detail or "",
    )
