"""Events to build tests from: single ones, and whole lives of messages for hypothesis."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from hypothesis import strategies as st

from shared.contracts.commands import Grounds
from shared.contracts.delivery import STEP, DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.progress import WavesPlanned, WaveState
from shared.contracts.receipts import Outcome, Receipt, ReceiptsGiven

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
ZONES = ("Europe/Moscow", "Asia/Tokyo")


def event(kind: Kind, message_id: int = 1, **fields: Any) -> DeliveryEvent:
    defaults = {
        "mailing_id": 7,
        "client_id": message_id + 1000,
        "timezone": ZONES[0],
        "dispatch": 1,
        "attempt": 1 if kind in ("sent", "failed", "unknown", "retrying", "returned") else 0,
        "at": START,
    }
    return DeliveryEvent(message_id=message_id, kind=kind, **{**defaults, **fields})


def batch(*events: DeliveryEvent, grounds: tuple[Grounds, ...] = ()) -> DeliveryEvents:
    return DeliveryEvents(kind=events[0].kind, grounds=grounds, events=events)


def opening(**fields: Any) -> Grounds:
    """Ten to eight in Moscow on the day of START."""
    defaults = {
        "mailing_id": 7,
        "timezone": ZONES[0],
        "opens_at": "2026-03-01T10:00:00+03:00",
        "closes_at": "2026-03-01T20:00:00+03:00",
        "tzdata": "2026b",
        "text_revision": 1,
    }
    return Grounds.model_validate({**defaults, **fields})


def batches(events: Iterable[DeliveryEvent]) -> list[DeliveryEvents]:
    """In the order given; neighbours of one kind travel together."""
    return [batch(*group) for _, group in groupby(events, key=lambda each: each.kind)]


def receipt(message_id: int = 1, status: Outcome = "delivered", **fields: Any) -> Receipt:
    defaults = {"at": START + timedelta(seconds=4), "reason": None}
    return Receipt(message_id, status, **{**defaults, **fields})


def given_receipts(*receipts: Receipt, provider: str = "sms") -> ReceiptsGiven:
    return ReceiptsGiven.of(provider, receipts)


def waves(*states: WaveState, mailing_id: int = 7) -> WavesPlanned:
    return WavesPlanned(mailing_id=mailing_id, revision=1, waves=states)


def wave(size: int, *, seq: int = 1, timezone: str = ZONES[0], **fields: Any) -> WaveState:
    return WaveState(timezone=timezone, seq=seq, size=size, **fields)


@st.composite
def lives(draw: st.DrawFn) -> list[DeliveryEvent]:
    """Everything that happens to a few messages, in the order in which it happens."""
    return [
        each
        for message_id in range(1, draw(st.integers(1, 5)) + 1)
        for each in draw(_life(message_id))
    ]


@st.composite
def hearings(draw: st.DrawFn) -> list[DeliveryEvent]:
    """A part of such events in any order, some of them again."""
    lived = draw(lives())
    return draw(st.permutations(lived + draw(st.lists(st.sampled_from(lived), max_size=10))))


@st.composite
def _life(draw: st.DrawFn, message_id: int) -> list[DeliveryEvent]:
    """Dispatches that come back, or end and are taken up again; the last ends for good. A client
    may move in between."""
    mailing_id = draw(st.integers(1, 2))
    kinds: list[tuple[int, int, Kind]] = []
    dispatches = draw(st.integers(1, 3))
    for dispatch in range(1, dispatches + 1):
        last: st.SearchStrategy[Kind] = (
            st.sampled_from(_NOT_FOR_GOOD) if dispatch < dispatches else st.sampled_from(_ENDS)
        )
        kinds += draw(_dispatch(dispatch, draw(last)))
    zones = [draw(st.sampled_from(ZONES)) for _ in range(dispatches)]
    return [
        event(
            kind,
            message_id,
            mailing_id=mailing_id,
            timezone=zones[dispatch - 1],
            dispatch=dispatch,
            attempt=attempt,
            at=START + timedelta(seconds=draw(st.integers(0, 100))),
            reason=f"{kind} {dispatch}.{attempt}",
        )
        for dispatch, attempt, kind in kinds
    ]


@st.composite
def _dispatch(draw: st.DrawFn, dispatch: int, last: Kind) -> list[tuple[int, int, Kind]]:
    if last in ("expired", "cancelled", "suppressed"):
        return [(dispatch, 0, last)]
    attempts = draw(st.integers(1, 3))
    retried: list[tuple[int, int, Kind]] = [(dispatch, n, "retrying") for n in range(1, attempts)]
    return [(dispatch, 0, "queued"), *retried, (dispatch, attempts, last)]


_ENDS: list[Kind] = sorted(kind for kind, step in STEP.items() if step == STEP["sent"])
# What the scheduler ended for a reason that a change of the mailing takes away comes back, too.
_NOT_FOR_GOOD: list[Kind] = ["returned", "expired", "suppressed"]
