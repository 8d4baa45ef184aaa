"""The life of a mailing: what each step makes of it, and what it tells."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain import mailings
from services.api.domain.failures import Conflict, Invalid
from services.api.domain.mailings import Mailing, MailingState
from shared.contracts.gates import GatesChanged
from shared.contracts.mailings import MailingChanged, MailingSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
SPEC = MailingSpec(text="Hello", starts_at=NOW, ends_at=NOW + timedelta(days=1))
OTHER = SPEC.model_copy(update={"text": "Good-bye"})
OVER = SPEC.model_copy(update={"ends_at": NOW})


def mailing(state: MailingState = MailingState.RUNNING) -> Mailing:
    return Mailing(7, "Spring", state, 3, SPEC, NOW, NOW, NOW)


def test_a_mailing_is_launched_when_made() -> None:
    new = mailings.new_mailing("Spring", SPEC, draft=False, now=NOW)
    assert (new.state, new.launched_at) == (MailingState.SCHEDULED, NOW)


def test_a_draft_is_told_to_nobody() -> None:
    new = mailings.new_mailing(None, OVER, draft=True, now=NOW)
    assert (new.state, new.launched_at) == (MailingState.DRAFT, None)
    assert mailings.announcement(mailing(MailingState.DRAFT)) == ()


def test_what_is_over_cannot_be_launched() -> None:
    with pytest.raises(Invalid):
        mailings.new_mailing(None, OVER, draft=False, now=NOW)
    with pytest.raises(Invalid):
        mailings.launched(replace(mailing(MailingState.DRAFT), spec=OVER), NOW)


def test_a_launch_tells_the_whole_mailing_and_no_gate() -> None:
    step = mailings.launched(mailing(MailingState.DRAFT), LATER)
    assert step.mailing.state is MailingState.SCHEDULED
    [told] = step.messages
    assert isinstance(told, MailingChanged)
    assert (told.revision, told.state, told.spec) == (3, "scheduled", SPEC)


@pytest.mark.parametrize("state", set(MailingState) - {MailingState.DRAFT})
def test_only_a_draft_is_launched(state: MailingState) -> None:
    with pytest.raises(Conflict):
        mailings.launched(mailing(state), NOW)


@pytest.mark.parametrize("state", [MailingState.SCHEDULED, MailingState.RUNNING])
def test_a_change_calls_back_what_is_on_its_way(state: MailingState) -> None:
    step = mailings.changed(mailing(state), "Spring", OTHER, LATER)
    assert (step.mailing.state, step.mailing.revision) == (state, 4)
    told, gates = step.messages
    assert isinstance(told, MailingChanged)
    assert isinstance(gates, GatesChanged)
    assert (told.revision, told.state, told.changed_at) == (4, "scheduled", LATER)
    assert [(gate.revision, gate.closed) for gate in gates.gates] == [(4, False)]


def test_a_new_name_alone_calls_nothing_back() -> None:
    step = mailings.changed(mailing(), "Summer", SPEC, LATER)
    assert (step.mailing.name, step.mailing.revision, step.messages) == ("Summer", 3, ())


def test_no_change_is_none() -> None:
    assert mailings.changed(mailing(), "Spring", SPEC, LATER) == mailings.Step(mailing())


def test_a_draft_may_be_changed_in_silence_even_to_what_is_over() -> None:
    step = mailings.changed(mailing(MailingState.DRAFT), None, OVER, LATER)
    assert (step.mailing.revision, step.messages) == (4, ())


def test_a_launched_mailing_cannot_be_changed_to_what_is_over() -> None:
    with pytest.raises(Invalid):
        mailings.changed(mailing(), None, OVER, LATER)


@pytest.mark.parametrize("state", [MailingState.FINISHED, MailingState.CANCELLED])
def test_what_is_finished_is_not_changed(state: MailingState) -> None:
    with pytest.raises(Conflict):
        mailings.changed(mailing(state), None, OTHER, LATER)


def test_deleting_cancels_and_closes_the_gate() -> None:
    step = mailings.deleted(mailing(), LATER)
    assert step.mailing.state is MailingState.CANCELLED
    assert step.mailing.deleted_at == LATER
    told, gates = step.messages
    assert isinstance(told, MailingChanged)
    assert isinstance(gates, GatesChanged)
    assert (told.revision, told.state) == (4, "cancelled")
    assert [(gate.revision, gate.closed) for gate in gates.gates] == [(4, True)]


def test_deleting_a_draft_is_told_to_nobody() -> None:
    step = mailings.deleted(mailing(MailingState.DRAFT), LATER)
    assert (step.mailing.state, step.messages) == (MailingState.CANCELLED, ())


def test_deleting_what_is_over_only_takes_it_out_of_the_list() -> None:
    step = mailings.deleted(mailing(MailingState.FINISHED), LATER)
    assert step.mailing == replace(mailing(MailingState.FINISHED), deleted_at=LATER)
    assert mailings.deleted(step.mailing, LATER + timedelta(days=1)) == step
