"""For a scheduler that has lost its plan: what is on its way is called back, mailing by mailing."""

from datetime import datetime

from services.api.domain.callers import EVERYTHING
from services.api.domain.mailings import Mailing, as_event
from services.api.domain.recall import recalled
from services.api.handlers.steps import existing, keep
from services.api.ports import Ports
from shared.contracts.mailings import MailingChanged


async def recall_mailings(ports: Ports, after: int, limit: int) -> list[MailingChanged]:
    """Launched and not finished, by id, as they are from now on; cancelled ones as they were."""
    now = ports.clock.now()
    async with ports.transactions.reading() as store:
        found = await store.mailings.launched(after, limit)
    return [as_event(await _recall(ports, mailing.mailing_id, now)) for mailing in found]


async def _recall(ports: Ports, mailing_id: int, now: datetime) -> Mailing:
    async with ports.transactions.begin() as store:
        before = await existing(store, mailing_id, EVERYTHING, lock=True)
        step = recalled(before, now)
        await keep(store, before, step, by=None, now=now)
    return step.mailing


async def finished_mailings(ports: Ports, after: int, limit: int) -> list[MailingChanged]:
    """By id. They are told as any that is not paused: a finished one is nothing to the plan."""
    async with ports.transactions.reading() as store:
        return await store.mailings.past(after, limit)
