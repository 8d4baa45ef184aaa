"""Trials of a mailing's text."""

from collections.abc import Sequence

from services.api.domain import trials
from services.api.domain.callers import Caller
from services.api.domain.clients import Client
from services.api.domain.deeds import of_trials
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.trials import TrialText
from services.api.handlers.steps import existing
from services.api.ports import Ports, Store


async def request_trials(
    ports: Ports, mailing_id: int, phones: Sequence[str], client_id: int | None, who: Caller
) -> list[tuple[int, TrialText]]:
    """The ids of the messages and what they say; they are sent as soon as may be.

    ``client_id``: whose values the text takes; without it, those of the client of each phone.
    Raises NotFound, Invalid.
    """
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        mailing = await existing(store, mailing_id, who.scope)
        clients = await _clients(store, phones, client_id)
        texts = trials.trial_texts(mailing.spec.text, phones, clients)
        ids = ports.message_ids.take(len(texts), int(now.timestamp() * 1000))
        records = trials.records(mailing, ids, texts, who.user_id, now)
        await store.trials.add(records)
        await store.outbox.put(trials.request(mailing, ids, texts, now))
        await store.audit.note(of_trials(mailing.id, records), who, now)
    return list(zip(ids, texts, strict=True))


async def _clients(store: Store, phones: Sequence[str], client_id: int | None) -> dict[str, Client]:
    if client_id is None:
        return await store.clients.with_phones(phones)
    client = await store.clients.get(client_id)
    if client is None:
        raise Invalid(FieldFault("client_id", f"There is no client {client_id}."))
    return dict.fromkeys(phones, client)
