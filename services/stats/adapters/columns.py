"""Values as the arrays the statements take, and rows as values."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import asyncpg

from services.stats.domain.calls import Call
from services.stats.domain.standing import Cell, SentSpan, Standing
from shared.contracts.commands import Grounds
from shared.contracts.progress import WaveState
from shared.contracts.statuses import Status

Columns = dict[str, Sequence[Any]]

STATUSES = {status.value: status for status in Status}

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
_STATUS = Standing._fields.index("status")
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


def standing(row: asyncpg.Record) -> Standing:
    """A row that begins with the columns of ``message`` in the order of Standing's fields."""
    before, after = row[:_STATUS], row[_STATUS + 1 : len(Standing._fields)]
    return Standing._make((*before, STATUSES[row[_STATUS]], *after))


def call(row: asyncpg.Record) -> Call:
    """A row with the columns of ``attempt``, and those of its ``grounds`` or nulls."""
    sha256 = None if row["text_sha256"] is None else row["text_sha256"].hex()
    told = {name: row[name] for name in _CALL}
    return Call(**told, text_sha256=sha256, grounds=_grounds(row))


def _grounds(row: asyncpg.Record) -> Grounds | None:
    if row["grounds_id"] is None or row["mailing_id"] is None:
        return None
    return Grounds(
        mailing_id=row["mailing_id"],
        timezone=row["timezone"],
        opens_at=_on_the_wall(row["opens_at"], row["opens_offset"]),
        closes_at=_on_the_wall(row["closes_at"], row["closes_offset"]),
        tzdata=row["tzdata"],
        text_revision=row["text_revision"],
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
