"""Every reason why a client may or may not get a mailing, and the sentence that tells it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.explain import explain
from services.api.domain.explain_checks import checks
from services.api.domain.explain_facts import (
    Explanation,
    Facts,
    MessageHistory,
    PlannedClient,
    PlannedMessage,
    PlannedWave,
    PlanStanding,
    Span,
)
from services.api.domain.explain_words import because, clock
from services.api.domain.mailings import Mailing, MailingState
from shared.contracts.statuses import OPEN, Status
from tests.support.examples import spec

NOW = datetime(2026, 10, 25, 12, tzinfo=UTC)
BERLIN = "Europe/Berlin"
LATER = Span(NOW + timedelta(hours=2), NOW + timedelta(hours=5))
OPEN_NOW = Span(NOW - timedelta(hours=1), NOW + timedelta(hours=1))

CLIENT = PlannedClient(False, BERLIN, None, None, None)
WAVE = PlannedWave(BERLIN, "pending", LATER.opens_at, LATER.closes_at, None, taken=False)
QUEUED = PlannedMessage(5, "queued", 1, None, None, None, BERLIN)
HEARD = MessageHistory(Status.QUEUED, 1, None, None, BERLIN, None, None, None)


def mailing(state: MailingState = MailingState.SCHEDULED, *, launched: bool = True) -> Mailing:
    at = NOW - timedelta(days=1)
    return Mailing(7, None, state, 1, spec(NOW), at, at, launched_at=at if launched else None)


def facts(
    state: MailingState = MailingState.SCHEDULED,
    *,
    deleted: bool = False,
    history: MessageHistory | None = None,
    **plan: Any,
) -> Facts:
    usual = PlanStanding(client=CLIENT, wave=WAVE, message=None, opening=LATER)
    standing = replace(usual, **plan)
    return Facts(mailing(state), 12, deleted, standing, history)


def told(given: Facts) -> tuple[str, Status | None, str | None, str]:
    found = explain(given, NOW)
    return found.verdict, found.status, found.reason, found.explanation


def never(reason: str, sentence: str) -> tuple[str, None, str, str]:
    return "will_not_be_sent", None, reason, sentence


def test_a_draft() -> None:
    draft = Facts(mailing(MailingState.DRAFT, launched=False), 12, False, None, None)
    sentence = "The mailing is a draft: nothing is sent before it is launched."
    assert told(draft) == never("draft", sentence)
    dropped = Facts(mailing(MailingState.CANCELLED, launched=False), 12, False, None, None)
    assert told(dropped)[0:3] == ("not_sent", None, "mailing_cancelled")


def test_a_mailing_that_the_scheduler_is_yet_to_hear_of() -> None:
    found = explain(Facts(mailing(), 12, False, None, None), NOW)
    assert (found.verdict, found.reason) == ("unknown", None)


class TestWithoutMessage:
    def test_who_waits_is_told_when(self) -> None:
        assert explain(facts(), NOW) == Explanation(
            "will_be_sent",
            "The message is sent when the client's window opens,"
            " on 2026-10-25 at 15:00 (Europe/Berlin).",
            status=Status.WAITING,
            expected_at=LATER.opens_at,
            timezone=BERLIN,
            hours=LATER,
        )

    def test_whose_window_is_open_is_next(self) -> None:
        found = explain(facts(MailingState.RUNNING, opening=OPEN_NOW), NOW)
        assert (found.verdict, found.status, found.expected_at) == (
            "will_be_sent",
            Status.WAITING,
            NOW,
        )

    def test_a_paused_mailing_has_no_expected_time(self) -> None:
        found = explain(facts(MailingState.PAUSED), NOW)
        assert (found.verdict, found.reason, found.expected_at) == ("will_be_sent", "paused", None)
        assert "resumed" in found.explanation

    def test_a_deleted_client(self) -> None:
        expected = never("client_deleted", "The client was deleted.")
        assert told(facts(deleted=True)) == expected
        gone = replace(CLIENT, deleted=True, timezone=None)
        assert told(facts(client=gone, wave=None, opening=None)) == expected
        finished = facts(MailingState.FINISHED, deleted=True)
        assert told(finished)[0] == "not_sent"

    def test_a_mailing_whose_messages_are_forgotten(self) -> None:
        """Its plan has no rows, which must not be taken for a client who came late."""
        ended = facts(MailingState.FINISHED, wave=replace(WAVE, taken=True))
        ended = replace(ended, mailing=replace(ended.mailing, forgotten_at=NOW))
        verdict, status, reason, sentence = told(ended)
        assert (verdict, status, reason) == ("unknown", None, "forgotten")
        assert "not kept" in sentence

    def test_a_cancelled_mailing(self) -> None:
        assert told(facts(MailingState.CANCELLED)) == (
            "not_sent",
            None,
            "mailing_cancelled",
            "The mailing was cancelled before it was sent to the client.",
        )

    @pytest.mark.parametrize(
        ("tags", "codes", "sentence"),
        [
            (False, None, "not its tags"),
            (False, True, "not its tags"),
            (True, False, "not its operator codes"),
            (False, False, "not its tags nor its operator codes"),
        ],
    )
    def test_who_is_not_in_the_filter(
        self, tags: bool | None, codes: bool | None, sentence: str
    ) -> None:
        client = replace(CLIENT, matches_tags=tags, matches_operator_codes=codes)
        expected = f"The client does not match the mailing's filter: {sentence}."
        assert told(facts(client=client)) == never("not_in_audience", expected)

    def test_who_matches_waits(self) -> None:
        client = replace(CLIENT, matches_tags=True, matches_operator_codes=True)
        assert told(facts(client=client))[0] == "will_be_sent"

    def test_a_frozen_audience_is_not_asked_for_the_filter(self) -> None:
        inside = replace(CLIENT, in_frozen=True, matches_tags=False)
        assert told(facts(client=inside))[0] == "will_be_sent"
        outside = replace(CLIENT, in_frozen=False, matches_tags=True)
        sentence = "The client was not in the audience when it was frozen, at the launch."
        assert told(facts(client=outside)) == never("not_in_audience", sentence)

    def test_who_joined_after_the_wave_was_taken(self) -> None:
        passed = replace(WAVE, phase="open", taken=True)
        sentence = (
            "The mailing's clients in Europe/Berlin were taken before this client was among them."
        )
        assert told(facts(MailingState.RUNNING, wave=passed)) == never("joined_late", sentence)
        finished = facts(MailingState.FINISHED, wave=replace(passed, phase="ended"))
        assert told(finished)[0:3] == ("not_sent", None, "joined_late")
        nowhere = facts(MailingState.FINISHED, wave=None)
        assert told(nowhere)[0:3] == ("not_sent", None, "joined_late")

    @pytest.mark.parametrize("reason", ["window_passed", "too_late", "unknown_zone"])
    def test_a_zone_with_no_hours_left(self, reason: str) -> None:
        settling = replace(WAVE, phase="settling", reason=reason)
        found = told(facts(wave=settling, opening=None))
        assert found == never(reason, because(reason))

    def test_a_zone_that_never_had_a_wave(self) -> None:
        assert told(facts(wave=None, opening=None)) == never(
            "window_passed", because("window_passed")
        )

    def test_a_client_the_scheduler_is_yet_to_hear_of(self) -> None:
        found = explain(facts(client=None, wave=None, opening=None), NOW)
        assert (found.verdict, found.reason) == ("unknown", None)
        assert "planned" in found.explanation


class TestWithMessage:
    @pytest.mark.parametrize(
        ("status", "sentence"),
        [
            (Status.SENT, "The message was sent on 2026-10-25 at 13:00 (Europe/Berlin)."),
            (
                Status.DELIVERED,
                "The message was sent on 2026-10-25 at 13:00 (Europe/Berlin), and the provider"
                " says that it was delivered.",
            ),
            (
                Status.UNDELIVERED,
                "The message was sent on 2026-10-25 at 13:00 (Europe/Berlin), but the provider"
                " says that it could not be delivered.",
            ),
        ],
    )
    def test_sent(self, status: Status, sentence: str) -> None:
        heard = replace(HEARD, status=status, sent_at=NOW, window=OPEN_NOW)
        found = explain(facts(MailingState.RUNNING, message=QUEUED, history=heard), NOW)
        assert found == Explanation(
            "sent", sentence, status, timezone=BERLIN, hours=OPEN_NOW, message_id=5
        )

    def test_sent_stays_sent_whatever_came_after(self) -> None:
        heard = replace(HEARD, status=Status.SENT, sent_at=NOW)
        cancelled = facts(MailingState.CANCELLED, deleted=True, message=QUEUED, history=heard)
        assert explain(cancelled, NOW).verdict == "sent"

    def test_sent_stays_sent_whatever_is_planned(self) -> None:
        heard = replace(HEARD, status=Status.SENT, sent_at=NOW)
        for state in ("queued", "held", "ended"):
            planned = replace(QUEUED, state=state, ended_as="expired", dispatch=2)
            found = explain(facts(message=planned, history=heard), NOW)
            assert found.verdict == "sent", state

    def test_queued(self) -> None:
        for history in (None, HEARD):
            found = explain(facts(MailingState.RUNNING, message=QUEUED, history=history), NOW)
            assert (found.verdict, found.status, found.expected_at) == (
                "in_progress",
                Status.QUEUED,
                NOW,
            )

    def test_retrying(self) -> None:
        again = NOW + timedelta(minutes=2)
        heard = replace(HEARD, status=Status.RETRYING, reason="server_error", next_attempt_at=again)
        found = explain(facts(MailingState.RUNNING, message=QUEUED, history=heard), NOW)
        assert (found.verdict, found.status, found.expected_at) == (
            "in_progress",
            Status.RETRYING,
            again,
        )
        assert found.explanation == (
            "A call to the provider failed and will be repeated on 2026-10-25 at 13:02"
            " (Europe/Berlin). The provider had an error of its own."
        )

    @pytest.mark.parametrize(
        ("status", "verdict", "reason", "beginning"),
        [
            (Status.FAILED, "not_sent", "rejected", "The message failed for good. The provider r"),
            (Status.UNKNOWN, "unknown", "outcome_unknown", "Whether the message was sent is not"),
            (Status.EXPIRED, "not_sent", "window_passed", "The message was not sent in time. No h"),
            (Status.EXPIRED, "not_sent", "zone_changed", "The message was not sent in time. The c"),
            (Status.SUPPRESSED, "not_sent", "text_too_long", "The message was held back. With th"),
            (Status.CANCELLED, "not_sent", "client_deleted", "The message was cancelled. The cli"),
        ],
    )
    def test_ends(self, status: Status, verdict: str, reason: str, beginning: str) -> None:
        heard = replace(HEARD, status=status, reason=reason)
        found = explain(facts(MailingState.RUNNING, message=QUEUED, history=heard), NOW)
        assert (found.verdict, found.status, found.reason) == (verdict, status, reason)
        assert found.explanation.startswith(beginning)

    def test_a_detail_is_told_too(self) -> None:
        detail = "The client has no attributes.city."
        heard = replace(
            HEARD, status=Status.SUPPRESSED, reason="template_variable_missing", detail=detail
        )
        found = explain(facts(message=QUEUED, history=heard), NOW)
        assert found.explanation.endswith(detail)

    def test_the_plan_is_believed_when_it_is_ahead(self) -> None:
        ended = replace(QUEUED, state="ended", ended_as="expired", reason="too_late", dispatch=2)
        for history in (None, HEARD, replace(HEARD, status=Status.PLANNED, dispatch=2)):
            found = explain(facts(message=ended, history=history), NOW)
            assert (found.status, found.reason) == (Status.EXPIRED, "too_late")

    def test_what_was_heard_is_believed_when_it_is_ahead(self) -> None:
        heard = replace(HEARD, status=Status.RETRYING, dispatch=3)
        held = replace(QUEUED, state="held", dispatch=2)
        assert explain(facts(message=held, history=heard), NOW).status is Status.RETRYING

    def test_what_failed_and_is_sent_again_is_not_told_as_failed(self) -> None:
        heard = replace(HEARD, status=Status.FAILED, reason="rejected")
        brought_back = replace(QUEUED, state="held", dispatch=2, ended_as="failed", due_at=NOW)
        found = explain(facts(MailingState.RUNNING, message=brought_back, history=heard), NOW)
        assert (found.verdict, found.status) == ("will_be_sent", Status.PLANNED)
        out = replace(brought_back, state="queued")
        found = explain(facts(MailingState.RUNNING, message=out, history=heard), NOW)
        assert found.verdict == "in_progress"

    def test_held_until_the_next_window_of_the_present_zone(self) -> None:
        held = replace(QUEUED, state="held", dispatch=2, due_at=NOW)
        tokyo = replace(CLIENT, timezone="Asia/Tokyo")
        heard = replace(HEARD, window=OPEN_NOW)
        found = explain(facts(client=tokyo, message=held, history=heard), NOW)
        assert found == Explanation(
            "will_be_sent",
            "The message was not sent yet and is due again on 2026-10-25 at 23:00 (Asia/Tokyo).",
            Status.PLANNED,
            expected_at=LATER.opens_at,
            timezone="Asia/Tokyo",
            hours=LATER,
            message_id=5,
        )

    def test_a_paused_mailing_holds_its_messages(self) -> None:
        for message in (QUEUED, replace(QUEUED, state="held")):
            found = explain(facts(MailingState.PAUSED, message=message), NOW)
            assert (found.verdict, found.expected_at) == ("will_be_sent", None)
            assert "resumed" in found.explanation


MESSAGES = st.none() | st.builds(
    PlannedMessage,
    id=st.just(5),
    state=st.sampled_from(["queued", "held", "ended"]),
    dispatch=st.integers(1, 3),
    ended_as=st.none() | st.sampled_from(["expired", "cancelled", "suppressed"]),
    reason=st.none() | st.just("window_passed"),
    due_at=st.none() | st.just(NOW) | st.just(LATER.opens_at),
    timezone=st.just(BERLIN),
)
HISTORIES = st.none() | st.builds(
    MessageHistory,
    status=st.sampled_from(Status),
    dispatch=st.integers(1, 3),
    reason=st.none() | st.just("rejected"),
    detail=st.none(),
    timezone=st.just(BERLIN),
    sent_at=st.none() | st.just(NOW),
    next_attempt_at=st.none() | st.sampled_from([LATER.opens_at, OPEN_NOW.opens_at]),
    window=st.none() | st.just(OPEN_NOW),
)
TRI = st.none() | st.booleans()
CLIENTS = st.none() | st.builds(
    PlannedClient,
    deleted=st.booleans(),
    timezone=st.sampled_from([BERLIN, "Mars/Olympus"]),
    matches_tags=TRI,
    matches_operator_codes=TRI,
    in_frozen=TRI,
)
WAVES = st.none() | st.builds(
    PlannedWave,
    timezone=st.just(BERLIN),
    phase=st.sampled_from(["pending", "open", "settling", "ended"]),
    opens_at=st.just(LATER.opens_at),
    closes_at=st.just(LATER.closes_at),
    reason=st.none() | st.just("too_late"),
    taken=st.booleans(),
)
PLANS = st.none() | st.builds(
    PlanStanding,
    client=CLIENTS,
    wave=WAVES,
    message=MESSAGES,
    opening=st.none() | st.sampled_from([LATER, OPEN_NOW]),
)
SENT = {Status.SENT, Status.DELIVERED, Status.UNDELIVERED}


@given(st.sampled_from(MailingState), st.booleans(), st.booleans(), PLANS, HISTORIES)
def test_whatever_is_known_the_answer_makes_sense(
    state: MailingState,
    launched: bool,
    deleted: bool,
    plan: PlanStanding | None,
    history: MessageHistory | None,
) -> None:
    given_facts = Facts(mailing(state, launched=launched), 12, deleted, plan, history)
    found = explain(given_facts, NOW)
    assert found.explanation.endswith(".")
    assert "None" not in found.explanation
    assert found.expected_at is None or found.expected_at >= NOW
    assert (found.verdict == "sent") == (found.status in SENT)
    assert (found.message_id is not None) == bool(launched and plan and plan.message)
    if found.verdict in ("will_be_sent", "in_progress"):
        assert found.status in OPEN
    if found.verdict in ("not_sent", "will_not_be_sent") and found.message_id is None:
        assert found.reason
    assert checks(given_facts, NOW)


def test_every_reason_has_a_sentence_and_others_are_named() -> None:
    assert because(None) == ""
    assert because("rejected") == "The provider rejected the message."
    assert because("sunspots") == "The reason is sunspots."
    assert because(None, "It rained.") == "It rained."


def test_a_zone_nobody_knows_is_told_in_utc() -> None:
    assert clock(NOW, "Mars/Olympus") == clock(NOW, None) == "on 2026-10-25 at 12:00 (UTC)"


def named(given: Facts) -> dict[str, bool | None]:
    return {one.check: one.passed for one in checks(given, NOW)}


def test_checks_of_a_client_who_waits() -> None:
    client = replace(CLIENT, matches_tags=True)
    assert named(facts(client=client)) == {
        "launched": True,
        "not_stopped": True,
        "client_exists": True,
        "not_blocked": True,
        "matches_tags": True,
        "matches_operator_code": None,
        "window": True,
        "zone_not_taken": True,
        "message": None,
    }
    assert all(one.detail for one in checks(facts(), NOW))


def test_checks_say_what_is_in_the_way() -> None:
    frozen = replace(CLIENT, in_frozen=False)
    taken = replace(WAVE, taken=True)
    found = named(facts(MailingState.PAUSED, client=frozen, wave=taken, opening=None))
    assert [name for name, passed in found.items() if passed is False] == [
        "not_stopped",
        "in_frozen_audience",
        "window",
        "zone_not_taken",
    ]


def test_checks_of_what_is_not_planned() -> None:
    draft = Facts(mailing(MailingState.DRAFT, launched=False), 12, True, None, None)
    assert named(draft) == {"launched": False, "not_stopped": True, "client_exists": False}
    deleted = facts(client=replace(CLIENT, deleted=True), wave=None, opening=None, message=QUEUED)
    assert named(deleted).keys().isdisjoint({"zone_not_taken", "window"})
    assert named(deleted)["message"] is True


def test_the_check_of_a_message_says_what_became_of_it() -> None:
    known = facts(message=QUEUED)
    found = {one.check: one.detail for one in checks(known, NOW)}
    assert found["message"] == f"It is message {QUEUED.id}: queued."
    ended = replace(QUEUED, ended_as="expired")
    found = {one.check: one.detail for one in checks(facts(message=ended), NOW)}
    assert found["message"].endswith(": expired.")


def test_an_open_window_is_told_so() -> None:
    lines = {one.check: one.detail for one in checks(facts(opening=OPEN_NOW), NOW)}
    assert lines["window"] == "It is open and closes on 2026-10-25 at 14:00 (Europe/Berlin)."
