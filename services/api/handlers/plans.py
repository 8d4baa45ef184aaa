"""Plans of mailings: the scheduler makes them, also for what was never launched."""

from typing import Any

from services.api.domain.callers import Scope
from services.api.handlers.steps import existing
from services.api.ports import Ports
from shared.contracts.mailings import MailingSpec


async def preview(ports: Ports, spec: MailingSpec, client_id: int | None) -> dict[str, Any]:
    """What a launch would come to now. Raises Invalid, Unavailable."""
    async with ports.transactions.reading() as store:
        position = await store.outbox.clients_position()
    return await ports.plans.preview(spec, client_id, position)


async def plan_of(
    ports: Ports, mailing_id: int, scope: Scope, client_id: int | None
) -> dict[str, Any]:
    """Raises NotFound, Invalid, Unavailable."""
    async with ports.transactions.reading() as store:
        mailing = await existing(store, mailing_id, scope)
        position = await store.outbox.clients_position()
    known = {"mailing_id": mailing.id, "state": mailing.state, "revision": mailing.revision}
    plan = None
    if mailing.launched_at is not None:
        plan = await ports.plans.of_mailing(mailing_id, client_id, position, mailing.revision)
    if plan is None:  # a draft, or a mailing of which the scheduler is yet to hear
        plan = await ports.plans.preview(mailing.spec, client_id, position)
    return known | plan
