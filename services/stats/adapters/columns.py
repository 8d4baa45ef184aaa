"""Values as the arrays the statements take, and rows as values."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from services.stats.domain.standing import Cell, SentSpan, Standing
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.progress import WaveState
from shared.contracts.statuses import Status

Columns = dict[str, list[Any]]

_WHY = ("reason", "detail")
_CALL = ("message_id", "dispatch", "attempt", "kind", "at", "http_status", "latency_ms", *_WHY)
_WAVE = ("timezone", "seq", "size", "opens_at", "closes_at", "rest", "reason")
_POSITION = ("dispatch", "attempt", "step")
_TIMES = ("sent_at", "updated_at", "next_attempt_at")
_STANDING = ("mailing_id", "client_id", "timezone", "status", *_POSITION, *_WHY, *_TIMES)


def of_standings(standings: Sequence[Standing]) -> Columns:
    """In the order of their ids, so that neighbours are written together."""
    ordered = sorted(standings, key=lambda standing: standing.message_id)
    return {"id": [each.message_id for each in ordered], **_pick(_STANDING, ordered)}


def of_calls(calls: Sequence[DeliveryEvent]) -> Columns:
    return _pick(_CALL, calls)


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
    values = row[: len(Standing._fields)]
    return Standing(*values)._replace(status=Status(row.status))


def _pick(names: Sequence[str], values: Sequence[Any]) -> Columns:
    return {name: [getattr(value, name) for value in values] for name in names}
