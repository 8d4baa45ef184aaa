"""Rows and waves made anew from what the senders know."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.scheduler.domain.rebuilt import PLAN_LOST, TEXT_LOST, rebuilt
from services.scheduler.domain.replanned import Taken, replan, seq_ahead
from services.scheduler.domain.waves import TOO_LATE, Phase
from shared.contracts.ledger import LedgerRow
from shared.domain.message_id import MessageIds
from tests.support.examples import mailing

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MOSCOW, TOKYO, OMSK = "Europe/Moscow", "Asia/Tokyo", "Asia/Omsk"


def row(state: str, **changes: Any) -> LedgerRow:
    facts = {
        "message_id": 5,
        "mailing_id": 7,
        "client_id": 9,
        "timezone": TOKYO,
        "dispatch": 2,
        "attempt": 3,
        "called": 3,
        "happened_at": NOW,
        "state": state,
    }
    return LedgerRow.model_validate(facts | changes)


@pytest.mark.parametrize("state", ["claimed", "retrying", "sent", "failed", "unknown"])
def test_what_the_senders_have_or_have_ended_is_theirs(state: str) -> None:
    (made,) = rebuilt([row(state, uncertain=True)], {7})
    place = (made.message_id, made.mailing_id, made.client_id, made.timezone)
    assert place == (5, 7, 9, TOKYO)
    assert (made.dispatch, made.state, made.ended_as, made.told) == (2, "queued", None, False)


def test_what_came_back_is_due_under_its_next_dispatch() -> None:
    (made,) = rebuilt([row("returned", mailing_revision=4, client_revision=6)], {7})
    assert (made.dispatch, made.state, made.returned_at) == (3, "held", NOW)
    assert (made.until_mailing_revision, made.until_client_revision) == (4, 6)


def test_what_may_have_been_accepted_is_not_repeated_in_other_words() -> None:
    (made,) = rebuilt([row("returned", uncertain=True)], {7})
    assert (made.dispatch, made.state, made.ended_as) == (3, "ended", "unknown")
    assert (made.reason, made.told) == (TEXT_LOST, True)


@pytest.mark.parametrize(("uncertain", "end"), [(False, "cancelled"), (True, "unknown")])
def test_of_a_mailing_that_is_over_nothing_is_due(uncertain: bool, end: str) -> None:
    (made,) = rebuilt([row("returned", uncertain=uncertain)], {8})
    assert (made.dispatch, made.state, made.ended_as) == (3, "ended", end)
    assert (made.reason, made.told) == (PLAN_LOST, False)


def test_trials_have_no_rows() -> None:
    assert rebuilt([row("sent", mailing_id=0)], {7}) == []


def test_waves_begin_again_and_count_who_has_a_row() -> None:
    (newest,) = MessageIds(node=0).take(1, int(NOW.timestamp() * 1000))
    counts, taken = {MOSCOW: 10, TOKYO: 0}, {MOSCOW: Taken(4, newest), OMSK: Taken(3, newest)}
    asked = mailing(1, starts_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1))
    waves = {wave.zone: wave for wave in replan(asked, counts, taken, NOW)}
    assert {zone: (wave.size, wave.rows) for zone, wave in waves.items()} == {
        MOSCOW: (10, 4),
        TOKYO: (0, 0),
        OMSK: (3, 3),
    }
    assert {wave.standing.phase for wave in waves.values()} == {Phase.PENDING}
    assert (waves[MOSCOW].begun_at, waves[TOKYO].begun_at) == (NOW, None)


def test_a_wave_that_had_begun_in_time_is_not_late_now() -> None:
    starts_at, ends_at = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    strict = mailing(1, max_lateness=5, starts_at=starts_at, ends_at=ends_at)
    (early,) = MessageIds(node=0).take(1, int((NOW - timedelta(minutes=58)).timestamp() * 1000))
    begun, idle = replan(strict, {TOKYO: 5, MOSCOW: 5}, {MOSCOW: Taken(1, early)}, NOW)[::-1]
    assert (idle.zone, idle.standing.reason) == (TOKYO, TOO_LATE)
    assert (begun.zone, begun.standing.reason) == (MOSCOW, None)


def test_every_seq_is_ahead_of_those_that_were_counted() -> None:
    assert seq_ahead(NOW + timedelta(seconds=1)) > seq_ahead(NOW) > 28_000_000
    assert seq_ahead(datetime(2090, 1, 1, tzinfo=UTC)) < 2**31
