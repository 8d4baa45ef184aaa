"""Values as the arrays the statements take, and rows as values."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Row

from services.stats.domain.calls import Call
from services.stats.domain.standing import Cell, SentSpan, Standing
from shared.contracts.commands import Grounds
from shared.contracts.progress import WaveState
from shared.contracts.statuses import Status

Columns = dict[str, Sequence[Any]]

# The tables that are copied into, in the order of what is copied.
MESSAGE = (
    "id",
    "mailing_id",
    "client_id",
    "timezone",
    "status",
    "dispatch",
    "attempt",
    "step",
    "reason",
    "detail",
    "sent_at",
    "updated_at",
    "next_attempt_at",
    "http_status",
)

_CALL = (
    "message_id",
    "dispatch",
    "attempt",
    "kind",
    "at",
    "http_status",
    "latency_ms",
    "reason",
    "detail",
)
ATTEMPT = (*_CALL, "text_sha256", "grounds_id")
_STATUS = MESSAGE.index("status")
_GROUNDS = ("mailing_id", "timezone", "opens_at", "closes_at", "tzdata", "text_revision")
_WAVE = ("timezone", "seq", "size", "opens_at", "closes_at", "rest", "reason")


def of_calls(calls: Sequence[Call], numbers: Mapping[int, int]) -> list[tuple[Any, ...]]:
    """Rows of ``attempt``. ``numbers``: of their grounds, by the identity of the object."""
    return [
        (*call[:-2], _digest(call.text_sha256), numbers.get(id(call.grounds))) for call in calls
    ]


def _digest(sha256: str | None) -> bytes | None:
    return None if sha256 is None else bytes.fromhex(sha256)


def of_grounds(grounds: Sequence[Grounds]) -> Columns:
    return {
        **_pick(_GROUNDS, grounds),
        "opens_offset": [_seconds_east(each.opens_at) for each in grounds],
        "closes_offset": [_seconds_east(each.closes_at) for each in grounds],
    }


def of_waves(waves: Sequence[WaveState]) -> Columns:
    """One of each zone, the one with the greatest seq: a statement may touch a row only once."""
    newest = {wave.timezone: wave for wave in sorted(waves, key=lambda wave: wave.seq)}
    return _pick(_WAVE, list(newest.values()))


def of_shifts(shifts: Mapping[Cell, int]) -> Columns:
    return {**_pick(("mailing_id", "timezone", "status"), list(shifts)), "n": list(shifts.values())}


def of_sent(sent: Mapping[tuple[int, int], int]) -> Columns:
    return {
        "mailing_id": [mailing_id for mailing_id, _ in sent],
        "second": [second for _, second in sent],
        "sent": list(sent.values()),
    }


def of_spans(spans: Mapping[int, SentSpan]) -> Columns:
    return {"mailing_id": list(spans), **_pick(("first", "last"), list(spans.values()))}


def standing(row: Row[Any]) -> Standing:
    """A row that begins with the columns of ``message`` in the order of Standing's fields."""
    values = row[: len(MESSAGE)]
    return Standing._make((*values[:_STATUS], Status(row.status), *values[_STATUS + 1 :]))


def call(row: Row[Any]) -> Call:
    """A row with the columns of ``attempt``, and those of its ``grounds`` or nulls."""
    sha256 = None if row.text_sha256 is None else row.text_sha256.hex()
    told = {name: getattr(row, name) for name in _CALL}
    return Call(**told, text_sha256=sha256, grounds=_grounds(row))


def _grounds(row: Row[Any]) -> Grounds | None:
    if row.grounds_id is None or row.mailing_id is None:
        return None
    return Grounds(
        mailing_id=row.mailing_id,
        timezone=row.timezone,
        opens_at=_on_the_wall(row.opens_at, row.opens_offset),
        closes_at=_on_the_wall(row.closes_at, row.closes_offset),
        tzdata=row.tzdata,
        text_revision=row.text_revision,
    )


def _seconds_east(instant: datetime) -> int:
    return int((instant.utcoffset() or timedelta()).total_seconds())


def _on_the_wall(instant: datetime, seconds_east: int) -> datetime:
    return instant.astimezone(timezone(timedelta(seconds=seconds_east)))


def _pick(names: Sequence[str], values: Sequence[Any]) -> Columns:
    return {name: _array([getattr(value, name) for value in values]) for name in names}


def _array(values: list[Any]) -> list[Any]:
    """Nulls alone may be left out: beside longer arrays, unnest fills a shorter one up with them.
    Most reasons, and the like, of most batches are."""
    return values if any(value is not None for value in values) else []
