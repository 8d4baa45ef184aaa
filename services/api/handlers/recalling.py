"""For a scheduler that has lost its plan: what is on its way is called back, mailing by mailing."""

from services.api.domain.mailings import as_event
from services.api.domain.recall import recalled
from services.api.handlers.steps import take
from services.api.ports import Ports
from shared.contracts.mailings import MailingChanged


async def recall_mailings(ports: Ports, after: int, limit: int) -> list[MailingChanged]:
    """Launched and not finished, by id, as they are from now on; cancelled ones as they were."""
    now = ports.clock.now()
    async with ports.transactions.reading() as store:
        found = await store.mailings.launched(after, limit)
    steps = [
        await take(ports, mailing.mailing_id, None, lambda one: recalled(one, now))
        for mailing in found
    ]
    return [as_event(step.mailing) for step in steps]


async def finished_mailings(ports: Ports, after: int, limit: int) -> list[MailingChanged]:
    """By id. They are told as any that is not paused: a finished one is nothing to the plan."""
    async with ports.transactions.reading() as store:
        return await store.mailings.past(after, limit)
