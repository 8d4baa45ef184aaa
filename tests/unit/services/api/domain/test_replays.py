"""Sending again, resolving: what is told of it, in which order, and when it is refused."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain import replays
from services.api.domain.audit import Action, Deed
from services.api.domain.choices import Chosen, OfGroup, OfMailing, TheseMessages
from services.api.domain.dead_letters import Dead, Group
from services.api.domain.failures import Conflict, Invalid
from services.api.domain.mailings import Mailing, MailingState, Step, forgotten
from services.api.domain.replays import Share
from shared.contracts.gates import Gate, GatesChanged
from shared.contracts.mailings import MailingChanged, MailingForgotten, MailingSpec
from shared.contracts.replays import MessagesReplayed, MessagesResolved, Replay, Resolved

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SPEC = MailingSpec(text="Hello", starts_at=NOW - DAY, ends_at=NOW + DAY)
LOCAL = SPEC.model_copy(
    update={
        "timing": "local",
        "starts_at": (NOW - DAY).replace(tzinfo=None),
        "ends_at": (NOW + DAY).replace(tzinfo=None),
    }
)
FINISHED = Mailing(
    7, "Spring", MailingState.FINISHED, 3, SPEC, NOW - DAY, NOW, NOW - DAY, NOW - DAY, NOW
)
SHA256 = "ab" * 32
DEAD = (Dead(1, 7, 12, 1, "failed"), Dead(2, 7, 13, 2, "unknown", SHA256))


def replayed(
    mailing: Mailing = FINISHED, dead: Sequence[Dead] = DEAD, ends_at: datetime | None = None
) -> Step:
    return replays.replayed(mailing, dead, ends_at, NOW, "group")


def over(mailing: Mailing) -> Mailing:
    end = mailing.spec.ends_at - 2 * DAY
    return replace(mailing, spec=mailing.spec.model_copy(update={"ends_at": end}))


def test_the_messages_are_told_of_before_the_mailing_they_wait_for() -> None:
    messages, mailing, gate = replayed().messages
    assert messages == MessagesReplayed(
        mailing_id=7,
        revision=4,
        messages=(
            Replay(message_id=1, dispatch=1),
            Replay(message_id=2, dispatch=2, text_sha256=SHA256),
        ),
    )
    assert isinstance(mailing, MailingChanged)
    assert (mailing.revision, mailing.state, mailing.spec) == (4, "scheduled", SPEC)
    opened = Gate(kind="mailing", id=7, revision=4, closed=False)
    assert gate == GatesChanged(gates=(opened,))


def test_what_had_finished_is_running_again() -> None:
    after = replayed().mailing
    assert (after.state, after.revision, after.finished_at) == (MailingState.RUNNING, 4, None)


def test_what_is_paused_stays_paused() -> None:
    step = replayed(replace(FINISHED, state=MailingState.PAUSED, finished_at=None))
    assert step.mailing.state is MailingState.PAUSED
    assert isinstance(step.messages[-1], GatesChanged)
    assert step.messages[-1].gates[0].closed


def test_many_messages_come_in_parts() -> None:
    dead = [Dead(number, 7, number, 1, "failed") for number in range(1, 1_202)]
    *parts, _, _ = replayed(dead=dead).messages
    assert all(isinstance(part, MessagesReplayed) and part.revision == 4 for part in parts)
    sizes = [len(part.messages) for part in parts if isinstance(part, MessagesReplayed)]
    assert sizes == [500, 500, 201]


@pytest.mark.parametrize(
    ("state", "deleted", "word"),
    [
        (MailingState.DRAFT, False, "draft"),
        (MailingState.CANCELLED, False, "cancelled"),
        (MailingState.FINISHED, True, "deleted"),
        (MailingState.CANCELLED, True, "deleted"),
    ],
)
def test_of_some_mailings_nothing_is_sent_again(
    state: MailingState, deleted: bool, word: str
) -> None:
    mailing = replace(FINISHED, state=state, deleted_at=NOW if deleted else None)
    with pytest.raises(Conflict) as refusal:
        replayed(mailing)
    [fault] = refusal.value.errors
    assert fault.field == "group"
    assert fault.reason == f"Nothing of mailing 7 can be sent again; this mailing is {word}."


def test_of_one_whose_messages_are_forgotten_nothing_is_sent_again() -> None:
    """Nobody has a row any more that would keep somebody from being sent to twice."""
    with pytest.raises(Conflict, match="not kept any longer"):
        replayed(replace(FINISHED, forgotten_at=NOW))


def test_a_gate_stays_closed_for_what_is_forgotten() -> None:
    step = forgotten(FINISHED, NOW)
    assert step.mailing == replace(FINISHED, updated_at=NOW, forgotten_at=NOW)
    gate = Gate(kind="mailing", id=7, revision=4, closed=True)
    assert step.messages == (GatesChanged(gates=(gate,)), MailingForgotten(mailing_id=7))


def test_without_a_deadline_of_their_own_the_mailings_own_holds() -> None:
    [first, *_] = replayed().messages
    assert isinstance(first, MessagesReplayed)
    assert first.ends_at is None


@pytest.mark.parametrize("spec", [SPEC, LOCAL])
def test_once_that_has_passed_another_is_needed(spec: MailingSpec) -> None:
    mailing = over(replace(FINISHED, spec=spec))
    with pytest.raises(Invalid) as refusal:
        replayed(mailing)
    assert [fault.field for fault in refusal.value.errors] == ["ends_at"]
    [first, changed, _] = replayed(mailing, ends_at=spec.ends_at).messages
    assert isinstance(first, MessagesReplayed)
    assert isinstance(changed, MailingChanged)
    assert first.ends_at == spec.ends_at
    assert changed.spec == mailing.spec  # nobody else comes back


def test_a_deadline_is_told_in_utc() -> None:
    moscow = datetime.fromisoformat("2026-11-21T18:00:00+03:00")
    [first, *_] = replayed(ends_at=moscow).messages
    assert isinstance(first, MessagesReplayed)
    assert str(first.ends_at) == "2026-11-21 15:00:00+00:00"


@pytest.mark.parametrize(
    ("spec", "ends_at"),
    [
        (SPEC, NOW),
        (SPEC, NOW - 3 * DAY),  # before the mailing's start
        (SPEC, (NOW + DAY).replace(tzinfo=None)),
        (LOCAL, NOW + DAY),
        (LOCAL, (NOW - timedelta(hours=12)).replace(tzinfo=None)),
    ],
)
def test_a_deadline_is_checked_as_a_mailings_end(spec: MailingSpec, ends_at: datetime) -> None:
    with pytest.raises(Invalid) as refusal:
        replayed(replace(FINISHED, spec=spec), ends_at=ends_at)
    assert [fault.field for fault in refusal.value.errors] == ["ends_at"]


def test_a_local_deadline_passes_when_it_has_passed_everywhere() -> None:
    last = (NOW - timedelta(hours=11)).replace(tzinfo=None)
    [first, *_] = replayed(replace(FINISHED, spec=LOCAL), ends_at=last).messages
    assert isinstance(first, MessagesReplayed)
    assert first.ends_at == last


def test_what_is_resolved_is_told_by_dispatch() -> None:
    [told] = replays.resolved(7, DEAD[1:], "sent", NOW)
    assert told == MessagesResolved.model_validate(
        {
            "mailing_id": 7,
            "at": NOW,
            "as": "sent",
            "messages": (Resolved(message_id=2, dispatch=2),),
        }
    )
    dead = [Dead(number, 7, number, 1, "unknown") for number in range(1, 1_001)]
    assert [len(part.messages) for part in replays.resolved(7, dead, "failed", NOW)] == [500, 500]


@pytest.mark.parametrize(
    ("chosen", "facts"),
    [
        (TheseMessages((1, 2)), {"message_ids": [1, 2]}),
        (
            OfGroup(Group(7, "failed", "rejected", 400, "Refused.")),
            {"status": "failed", "reason": "rejected", "http_status": 400},
        ),
        (OfMailing(7, "unknown"), {"status": "unknown"}),
        (OfMailing(7), {"status": None}),
    ],
)
def test_the_audit_says_what_was_asked_for(chosen: Chosen, facts: dict[str, object]) -> None:
    share = Share(7, 2, 4)
    counts = {"messages": 2, "revision": 4}
    expected = Deed(Action.REPLAY, "mailings/7", counts | facts)  # type: ignore[arg-type]
    assert replays.replay_deed(share, chosen, None) == expected
    dated = replays.replay_deed(share, chosen, NOW)
    assert dated.facts == expected.facts | {"ends_at": "2026-11-21T12:00:00+00:00"}
