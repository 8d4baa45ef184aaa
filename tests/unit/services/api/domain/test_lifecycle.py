"""The life of a mailing: every step from every state, and what it tells."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain import lifecycle, mailings
from services.api.domain.failures import Conflict, Invalid
from services.api.domain.mailings import Mailing, MailingState, Step
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import FilterSpec, MailingChanged, MailingSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SPEC = MailingSpec(text="Hello", starts_at=NOW, ends_at=NOW + timedelta(days=1))
OTHER = SPEC.model_copy(update={"text": "Good-bye"})
OVER = SPEC.model_copy(update={"ends_at": NOW})

Action = Callable[[Mailing], Step]
ACTIONS: dict[str, Action] = {
    "launch": lambda one: lifecycle.launched(one, LATER),
    "pause": lambda one: lifecycle.paused(one, LATER),
    "resume": lambda one: lifecycle.resumed(one, LATER),
    "cancel": lambda one: lifecycle.cancelled(one, LATER),
    "change": lambda one: lifecycle.changed(
        one, one.name, OTHER if one.spec == SPEC else SPEC, LATER
    ),
    "rename": lambda one: lifecycle.changed(one, f"{one.name}!", one.spec, LATER),
    "delete": lambda one: lifecycle.deleted(one, LATER),
    "replay": lambda one: lifecycle.replayed(one, LATER, "state"),
}

# Every state, and what each action makes of it; "409" refuses, "=" leaves it as it is. A paused
# mailing is there twice: one that had begun, and one that had not.
TABLE = """
             launch     pause   resume     cancel     change     rename     delete     replay
draft        scheduled  409     409        cancelled  draft      draft=     cancelled  409
scheduled    409        paused  409        cancelled  scheduled  scheduled= cancelled  scheduled
running      409        paused  409        cancelled  running    running=   cancelled  running
paused       409        =       scheduled  cancelled  paused     paused=    cancelled  paused
paused+begun 409        =       running    cancelled  paused     paused=    cancelled  paused
finished     409        409     409        409        409        409        finished=  running
cancelled    409        409     409        =          409        409        cancelled= 409
"""


def mailing(state: MailingState, *, begun: bool = False) -> Mailing:
    begun = begun or state in (MailingState.RUNNING, MailingState.FINISHED)
    launched_at = None if state is MailingState.DRAFT else NOW
    return Mailing(7, "Spring", state, 3, SPEC, NOW, NOW, launched_at, NOW if begun else None)


def cells() -> list[tuple[str, str, str]]:
    header, *rows = [line.split() for line in TABLE.strip().splitlines()]
    return [
        (row[0], action, cell) for row in rows for action, cell in zip(header, row[1:], strict=True)
    ]


def told_by(step: Step) -> tuple[list[MailingChanged], list[Gate]]:
    changes = [one for one in step.messages if isinstance(one, MailingChanged)]
    gates = [one for one in step.messages if isinstance(one, GatesChanged)]
    assert len(changes) + len(gates) == len(step.messages)
    return changes, [gate for message in gates for gate in message.gates]


def test_the_table_has_every_state_and_every_action() -> None:
    states = {state.partition("+")[0] for state, _, _ in cells()}
    assert states == set(MailingState)
    assert {action for _, action, _ in cells()} == ACTIONS.keys()


@pytest.mark.parametrize(("state", "action", "cell"), cells())
def test_every_action_in_every_state(state: str, action: str, cell: str) -> None:
    name, _, begun = state.partition("+")
    before = mailing(MailingState(name), begun=bool(begun))
    if cell == "409":
        with pytest.raises(Conflict, match=f"this mailing is {name}\\.") as refusal:
            ACTIONS[action](before)
        assert [one.field for one in refusal.value.errors] == ["state"]
        return
    step = ACTIONS[action](before)
    after = step.mailing
    assert after.state == (cell.rstrip("=") or name)
    keeps = cell.endswith("=") or action == "launch"
    assert after.revision == before.revision + (0 if keeps else 1)
    if cell == "=":
        assert step == Step(before)
    changes, gates = told_by(step)
    if keeps or name == "draft":
        assert gates == []
        assert len(changes) == (1 if action == "launch" else 0)
        return
    [change], [gate] = changes, gates
    assert (change.revision, change.spec, change.changed_at) == (4, after.spec, LATER)
    stopped = after.state in ("paused", "cancelled")
    assert change.state == (after.state if stopped else "scheduled")
    assert gate == Gate(kind="mailing", id=7, revision=4, closed=stopped)


def test_what_is_over_cannot_be_launched() -> None:
    with pytest.raises(Invalid):
        lifecycle.launched(replace(mailing(MailingState.DRAFT), spec=OVER), NOW)


def test_no_change_is_none() -> None:
    running = mailing(MailingState.RUNNING)
    assert lifecycle.changed(running, "Spring", SPEC, LATER) == Step(running)


def test_a_draft_may_be_changed_in_silence_even_to_what_is_over() -> None:
    step = lifecycle.changed(mailing(MailingState.DRAFT), None, OVER, LATER)
    assert (step.mailing.revision, step.mailing.name, step.messages) == (4, None, ())


@pytest.mark.parametrize(
    "state", [MailingState.SCHEDULED, MailingState.RUNNING, MailingState.PAUSED]
)
def test_a_launched_mailing_cannot_be_changed_to_what_is_over(state: MailingState) -> None:
    with pytest.raises(Invalid):
        lifecycle.changed(mailing(state), None, OVER, LATER)


def test_a_paused_mailing_whose_end_has_passed_can_be_resumed_to_expire() -> None:
    late = replace(mailing(MailingState.PAUSED), spec=OVER)
    assert lifecycle.resumed(late, LATER).mailing.state is MailingState.SCHEDULED


def test_deleting_keeps_its_moment() -> None:
    once = lifecycle.deleted(mailing(MailingState.FINISHED), LATER)
    assert once.mailing == replace(mailing(MailingState.FINISHED), deleted_at=LATER)
    again = lifecycle.deleted(once.mailing, LATER + timedelta(days=1))
    assert again == once


@pytest.mark.parametrize(
    ("name", "copy"),
    [(None, None), ("Spring", "Spring (copy)"), ("x" * 200, "x" * 193 + " (copy)")],
)
def test_a_copy_is_named_after_its_original(name: str | None, copy: str | None) -> None:
    original = replace(mailing(MailingState.CANCELLED), name=name)
    assert lifecycle.copied(original) == replace(original, name=copy)


def started(one: Mailing) -> Step:
    """What the scheduler's word makes of it: see ``Mailings.started``."""
    state = MailingState.RUNNING if one.state is MailingState.SCHEDULED else one.state
    return Step(replace(one, state=state, started_at=one.started_at or NOW))


@given(st.lists(st.sampled_from([*ACTIONS, "started"]), max_size=30))
def test_whatever_is_done_revisions_rise_one_by_one_and_each_is_told_once(did: list[str]) -> None:
    now = mailing(MailingState.DRAFT)
    told: list[int] = []
    closed = False
    for name in did:
        before = now
        if name == "started":
            now = (started(before) if before.launched_at else Step(before)).mailing
            continue
        try:
            step = ACTIONS[name](before)
        except Conflict:
            continue
        now = step.mailing
        assert now.revision - before.revision in (0, 1)
        changes, gates = told_by(step)
        rose = now.revision > before.revision
        launched = before.launched_at is None and now.launched_at is not None
        assert mailings.is_new(before, now) == (rose or launched)
        assert len(gates) == (1 if rose and now.launched_at else 0)
        assert len(changes) == (1 if (rose and now.launched_at) or launched else 0)
        told += [change.revision for change in changes]
        closed = gates[0].closed if gates else closed
        assert not (now.launched_at and rose) or gates[0].revision == now.revision
    assert told == sorted(set(told))
    assert not told or told[-1] == now.revision
    if now.launched_at:
        assert closed == (now.state not in (MailingState.SCHEDULED, MailingState.RUNNING))
        if now.state in (MailingState.SCHEDULED, MailingState.RUNNING):
            assert (now.state is MailingState.RUNNING) == (now.started_at is not None)


@pytest.mark.parametrize("state", [MailingState.RUNNING, MailingState.PAUSED, MailingState.DRAFT])
def test_what_was_frozen_takes_no_other_filter(state: MailingState) -> None:
    before = mailing(state)
    frozen = before.spec.model_copy(update={"audience": "frozen"})
    other = frozen.model_copy(update={"filter": FilterSpec(tags=("other",))})
    was = replace(before, spec=frozen)
    if state is MailingState.DRAFT:
        assert lifecycle.changed(was, None, other, NOW).mailing.spec == other
        return
    with pytest.raises(Invalid) as refused:
        lifecycle.changed(was, None, other, NOW)
    assert [fault.field for fault in refused.value.errors] == ["filter"]
    assert lifecycle.changed(was, None, frozen.model_copy(update={"text": "New"}), NOW).messages
