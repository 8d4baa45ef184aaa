"""One message with all that is known of it: the attempts are stats', the names and texts ours."""

from typing import Any

from services.api.domain.callers import EVERYTHING, Scope
from services.api.domain.failures import NotFound
from services.api.domain.trials import TrialRecord, not_heard_of
from services.api.ports import Ports, Store


async def get_message(ports: Ports, message_id: int, scope: Scope) -> dict[str, Any]:
    """Raises NotFound, and does so too for a message of a mailing out of the scope; Unavailable."""
    told = await ports.statistics.message(message_id)
    async with ports.transactions.reading() as store:
        trial = await store.trials.get(message_id)
        if trial is not None:
            shown = await _of_trial(store, trial, told or not_heard_of(trial))
        elif told is not None:
            shown = await _of_client(store, told)
        else:
            raise NotFound("message", message_id)
        if not await _is_within(store, shown["mailing_id"], scope):
            raise NotFound("message", message_id)
        return shown


async def _is_within(store: Store, mailing_id: int, scope: Scope) -> bool:
    return scope == EVERYTHING or mailing_id in await store.mailings.names({mailing_id}, scope)


async def _of_trial(store: Store, trial: TrialRecord, told: dict[str, Any]) -> dict[str, Any]:
    """Nobody but us knows which mailing was tried, and for whom."""
    name = None
    if trial.client_id is not None:
        _, name = await _contact(store, trial.client_id)
    ours = {
        "client_id": trial.client_id,
        "phone": trial.phone,
        "name": name,
        "test": True,
    }
    return told | ours | await _of_mailing(store, trial.mailing_id, trial.revision)


async def _of_client(store: Store, told: dict[str, Any]) -> dict[str, Any]:
    phone, name = await _contact(store, told["client_id"])
    ours = {"phone": phone, "name": name, "test": False}
    revisions = [one["text_revision"] for one in told["attempts"] if one["text_revision"]]
    said = revisions[-1] if revisions else None
    return told | ours | await _of_mailing(store, told["mailing_id"], said)


async def _of_mailing(store: Store, mailing_id: int, revision: int | None) -> dict[str, Any]:
    """``revision``: the one whose text was said, if anything was."""
    mailing = await store.mailings.get(mailing_id)
    said = None if revision is None else await store.revisions.get(mailing_id, revision)
    return {
        "mailing_id": mailing_id,
        "mailing_name": None if mailing is None else mailing.name,
        "template": None if said is None else said.spec.text,
    }


async def _contact(store: Store, client_id: int) -> tuple[str | None, str | None]:
    """Phone and name; nothing is left of a deleted client."""
    contacts = await store.clients.contacts({client_id})
    return contacts.get(client_id, (None, None))
