"""What was looked at for an explanation, one line each, so that a person can follow it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.api.domain.explain_facts import Facts, MessageHistory, PlanStanding
from services.api.domain.explain_words import because, clock
from services.api.domain.mailings import MailingState

_MATCHES = {
    True: "The filter asks for it, and the client has it.",
    False: "The filter asks for it, and the client has it not.",
    None: "The filter does not ask for it.",
}


@dataclass(frozen=True, slots=True)
class Check:
    """``passed``: None when it does not apply, or nobody can say yet."""

    check: str
    passed: bool | None
    detail: str


def checks(facts: Facts, now: datetime) -> list[Check]:
    found = [_launched(facts), _state(facts), _client(facts)]
    if facts.plan is not None:
        found += _audience(facts.plan)
        if facts.plan.message is None:  # else the hours and the wave have nothing more to say
            found += [_window(facts.plan, now), _wave(facts.plan)]
        found.append(_message(facts.plan, facts.history))
    return found


def _launched(facts: Facts) -> Check:
    at = facts.mailing.launched_at
    detail = "It was never launched." if at is None else f"It was launched {clock(at, 'UTC')}."
    return Check("launched", at is not None, detail)


def _state(facts: Facts) -> Check:
    stopped = facts.mailing.state in (MailingState.PAUSED, MailingState.CANCELLED)
    return Check("not_stopped", not stopped, f"The mailing is {facts.mailing.state}.")


def _client(facts: Facts) -> Check:
    deleted = facts.client_deleted
    return Check("client_exists", not deleted, because("client_deleted") if deleted else "Yes.")


def _audience(plan: PlanStanding) -> Iterator[Check]:
    client = plan.client
    if client is None or client.deleted:
        return
    yield Check("not_blocked", not client.blocked, because("blocked") if client.blocked else "Yes.")
    if client.in_frozen is not None:
        yield Check("in_frozen_audience", client.in_frozen, "Taken down when it was launched.")
        return
    for name, matches in (
        ("tags", client.matches_tags),
        ("operator_code", client.matches_operator_codes),
    ):
        yield Check(f"matches_{name}", matches, _MATCHES[matches])


def _window(plan: PlanStanding, now: datetime) -> Check:
    if plan.opening is None:
        return Check("window", False if plan.client else None, "No window is left for the client.")
    zone = plan.client.timezone if plan.client else None
    opens, closes = (clock(at, zone) for at in (plan.opening.opens_at, plan.opening.closes_at))
    if plan.opening.opens_at <= now:
        return Check("window", True, f"It is open and closes {closes}.")
    return Check("window", True, f"It opens {opens} and closes {closes}.")


def _wave(plan: PlanStanding) -> Check:
    if plan.wave is None:
        return Check("zone_not_taken", None, "The client's time zone is not planned.")
    phase = f"The wave of {plan.wave.timezone} is {plan.wave.phase}."
    return Check("zone_not_taken", not plan.wave.taken, phase)


def _message(plan: PlanStanding, history: MessageHistory | None) -> Check:
    if plan.message is None:
        return Check("message", None, "There is no message yet.")
    status = plan.message.ended_as if history is None else history.status
    return Check("message", True, f"It is message {plan.message.id}: {status or 'queued'}.")
