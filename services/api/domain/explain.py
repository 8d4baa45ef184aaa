"""Why a client got a mailing, will get it, or does not: the verdict and its sentence.

A message decides, where there is one. Without one the plan does: whether the client is meant,
whether their zone's clients have been taken already, whether any hours are left.
"""

from datetime import datetime

from services.api.domain.explain_facts import Explanation, Facts, PlannedClient, PlanStanding
from services.api.domain.explain_messages import explain_message
from services.api.domain.explain_words import because, clock
from services.api.domain.mailings import OVER, MailingState
from shared.contracts.statuses import Status


def explain(facts: Facts, now: datetime) -> Explanation:
    if facts.mailing.launched_at is None:
        return _never_launched(facts)
    if facts.mailing.forgotten_at is not None:
        sentence = "What became of each message of this mailing is not kept any longer."
        return Explanation("unknown", sentence, reason="forgotten")
    if facts.plan is None:
        return Explanation("unknown", "The mailing was launched a moment ago and is being planned.")
    if facts.plan.message is not None:
        return explain_message(facts, facts.plan, facts.plan.message, now)
    barred = _barred(facts, facts.plan)
    if barred is None:
        return _waits(facts, facts.plan, now)
    reason, sentence = barred
    over = facts.mailing.state in OVER
    zone = facts.plan.client.timezone if facts.plan.client else None
    return Explanation(
        "not_sent" if over else "will_not_be_sent", sentence, reason=reason, timezone=zone
    )


def _never_launched(facts: Facts) -> Explanation:
    if facts.mailing.state is MailingState.CANCELLED:
        return Explanation("not_sent", because("mailing_cancelled"), reason="mailing_cancelled")
    sentence = "The mailing is a draft: nothing is sent before it is launched."
    return Explanation("will_not_be_sent", sentence, reason="draft")


def _barred(facts: Facts, plan: PlanStanding) -> tuple[str, str] | None:
    """What keeps a client without a message out: its word and its sentence, the weightiest."""
    client = plan.client
    if facts.client_deleted or (client is not None and client.deleted):
        return "client_deleted", because("client_deleted")
    if facts.mailing.state is MailingState.CANCELLED:
        return "mailing_cancelled", because("mailing_cancelled")
    if client is None:
        return None
    if client.blocked:
        return "blocked", because("blocked")
    return _not_meant(client) or _missed(facts, plan)


def _not_meant(client: PlannedClient) -> tuple[str, str] | None:
    if client.in_frozen is not None:
        frozen = "The client was not in the audience when it was frozen, at the launch."
        return None if client.in_frozen else ("not_in_audience", frozen)
    asked = (("tags", client.matches_tags), ("operator codes", client.matches_operator_codes))
    missed = " nor its ".join(name for name, matches in asked if matches is False)
    if not missed:
        return None
    return "not_in_audience", f"The client does not match the mailing's filter: not its {missed}."


def _missed(facts: Facts, plan: PlanStanding) -> tuple[str, str] | None:
    wave = plan.wave
    if wave is not None and wave.reason is not None:
        return wave.reason, because(wave.reason)
    if wave is not None and wave.taken:
        return "joined_late", (
            f"The mailing's clients in {wave.timezone} were taken before this client was among"
            " them."
        )
    if facts.mailing.state is MailingState.FINISHED:
        return "joined_late", "The mailing had finished before the client was in its audience."
    if plan.opening is None:
        return "window_passed", because("window_passed")
    return None


def _waits(facts: Facts, plan: PlanStanding, now: datetime) -> Explanation:
    if plan.opening is None or plan.client is None:
        sentence = "The client was added or changed a moment ago and is being planned."
        return Explanation("unknown", sentence)
    zone, due = plan.client.timezone, max(now, plan.opening.opens_at)
    paused = facts.mailing.state is MailingState.PAUSED
    if paused:
        sentence = "The client's turn comes when the mailing, which is paused, is resumed."
    elif plan.opening.opens_at <= now:
        sentence = "The client's window is open: their turn comes as fast as the mailing is sent."
    else:
        sentence = f"The message is sent when the client's window opens, {clock(due, zone)}."
    return Explanation(
        "will_be_sent",
        sentence,
        status=Status.WAITING,
        reason="paused" if paused else None,
        expected_at=None if paused else due,
        timezone=zone,
        hours=plan.opening,
    )
