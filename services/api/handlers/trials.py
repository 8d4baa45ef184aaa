"""Trials of a mailing's text."""

from collections.abc import Mapping, Sequence

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
        known = await store.clients.with_phones(phones)
        _refuse_blocked(phones, known)
        clients = known if client_id is None else await _as(store, phones, client_id)
        texts = trials.trial_texts(mailing.spec.text, phones, clients)
        ids = ports.message_ids.take(len(texts), int(now.timestamp() * 1000))
        records = trials.records(mailing, ids, texts, who.user_id, now)
        await store.trials.add(records)
        await store.outbox.put(trials.request(mailing, ids, texts, now))
        await store.audit.note(of_trials(mailing.id, records), who, now)
    return list(zip(ids, texts, strict=True))


def _refuse_blocked(phones: Sequence[str], known: Mapping[str, Client]) -> None:
    faults = [
        FieldFault(f"phones.{place}", f"Client {known[phone].id} is blocked.")
        for place, phone in enumerate(phones)
        if phone in known and known[phone].blocked
    ]
    if faults:
        raise Invalid(*faults)


async def _as(store: Store, phones: Sequence[str], client_id: int) -> dict[str, Client]:
    client = await store.clients.get(client_id)
    if client is None:
        raise Invalid(FieldFault("client_id", f"There is no client {client_id}."))
    return dict.fromkeys(phones, client)
