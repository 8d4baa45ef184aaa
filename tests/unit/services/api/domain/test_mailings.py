"""A new mailing, and what is told and kept of one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain import mailings
from services.api.domain.failures import Invalid
from services.api.domain.mailings import Mailing, MailingState
from shared.contracts.mailings import MailingSpec

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPEC = MailingSpec(text="Hello", starts_at=NOW, ends_at=NOW + timedelta(days=1))
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


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (MailingState.SCHEDULED, "scheduled"),
        (MailingState.RUNNING, "scheduled"),
        (MailingState.PAUSED, "paused"),
        (MailingState.CANCELLED, "cancelled"),
    ],
)
def test_the_event_follows_the_state(state: MailingState, told: str) -> None:
    event = mailings.as_event(mailing(state))
    assert (event.mailing_id, event.revision, event.state, event.spec) == (7, 3, told, SPEC)


def test_a_name_alone_is_no_revision_to_be_kept_but_a_launch_is() -> None:
    draft = mailing(MailingState.DRAFT)
    assert not mailings.is_new(draft, replace(draft, name="Summer", updated_at=NOW))
    assert mailings.is_new(draft, replace(draft, state=MailingState.SCHEDULED))
    assert mailings.is_new(draft, replace(draft, revision=4))
