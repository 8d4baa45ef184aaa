"""What is called back, and what there is nothing to call back of."""

from dataclasses import replace

import pytest

from services.api.domain.mailings import MailingState
from services.api.domain.recall import recalled
from tests.unit.services.api.domain.test_lifecycle import LATER, NOW, mailing, told_by


@pytest.mark.parametrize("state", [MailingState.SCHEDULED, MailingState.RUNNING])
def test_the_next_revision_and_nothing_else(state: MailingState) -> None:
    before = mailing(state)
    step = recalled(before, LATER)
    assert step.mailing == replace(before, revision=4, updated_at=LATER)
    events, gates = told_by(step)
    assert [(event.revision, event.state) for event in events] == [(4, "scheduled")]
    assert [(gate.revision, gate.closed) for gate in gates] == [(4, False)]


def test_a_paused_one_stays_paused() -> None:
    step = recalled(mailing(MailingState.PAUSED), LATER)
    assert (step.mailing.state, step.mailing.revision) == (MailingState.PAUSED, 4)
    _, gates = told_by(step)
    assert [(gate.revision, gate.closed) for gate in gates] == [(4, True)]


@pytest.mark.parametrize(
    "state", [MailingState.DRAFT, MailingState.FINISHED, MailingState.CANCELLED]
)
def test_of_the_others_nothing_is_on_its_way(state: MailingState) -> None:
    before = mailing(state)
    assert recalled(before, LATER) == type(recalled(before, NOW))(before)
