"""Why a client got a mailing, or did not: the facts of three services, and what they come to."""

from datetime import datetime
from typing import Any

from services.api.domain.callers import Scope
from services.api.domain.explain import explain
from services.api.domain.explain_checks import Check, checks
from services.api.domain.explain_facts import Explanation, Facts, MessageHistory, Span
from services.api.domain.failures import NotFound
from services.api.handlers.steps import existing
from services.api.ports import Ports, Store
from shared.contracts.statuses import Status


async def explain_client(
    ports: Ports, client_id: int, mailing_id: int, scope: Scope
) -> tuple[Explanation, list[Check]]:
    """Raises NotFound, Unavailable."""
    async with ports.transactions.reading() as store:
        deleted = await _is_deleted(store, client_id)
        mailing = await existing(store, mailing_id, scope)
    plan = history = None
    if mailing.launched_at is not None:
        plan = await ports.plans.standing(mailing_id, client_id)
    if plan is not None and plan.message is not None:
        told = await ports.statistics.message(plan.message.id)
        history = None if told is None else _history(told)
    facts = Facts(mailing, client_id, deleted, plan, history)
    now = ports.clock.now()
    return explain(facts, now), checks(facts, now)


async def _is_deleted(store: Store, client_id: int) -> bool:
    """Raises NotFound when there never was such a client."""
    found = (await store.clients.states(client_id - 1, 1)).clients
    if not found or found[0].id != client_id:
        raise NotFound("client", client_id)
    return found[0].deleted


def _history(told: dict[str, Any]) -> MessageHistory:
    windows = [attempt["window"] for attempt in told["attempts"] if attempt["window"]]
    return MessageHistory(
        status=Status(told["status"]),
        dispatch=told["dispatch"],
        reason=told["reason"],
        detail=told["detail"],
        timezone=told["timezone"],
        sent_at=_instant(told["sent_at"]),
        next_attempt_at=_instant(told["next_attempt_at"]),
        window=_span(windows[-1]) if windows else None,
    )


def _span(window: dict[str, Any]) -> Span:
    opens_at, closes_at = (datetime.fromisoformat(window[at]) for at in ("opens_at", "closes_at"))
    return Span(opens_at, closes_at)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
