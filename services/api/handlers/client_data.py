"""All that is held about one client: shown as one document, and erased.

An erasure is a deletion that also looks where a person may be named in passing: in the errors of
imports, in messages that nobody could read, in answers that are kept for a day. The others hear of
it as of any deletion: the scheduler wipes its copy; the ledger and the statistics know an id, which
leads nowhere from then on.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.api.domain.audit import Action, AuditFilter, Deed, Entry, Fact
from services.api.domain.blocks import Block
from services.api.domain.callers import EVERYTHING, Caller
from services.api.domain.clients import Client
from services.api.domain.failures import Conflict, NotFound
from services.api.domain.trials import TrialRecord
from services.api.domain.versions import Expected
from services.api.handlers.audit import every_entry
from services.api.handlers.clients import as_expected, bury, living
from services.api.handlers.messages import get_message
from services.api.ports import Ports

# Asked of stats at the same time.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Held:
    """``messages``: as ``GET messages/{id}`` tells of each, those of trials to their phone too."""

    taken_at: datetime
    client: Client
    blocks: Sequence[Block]
    trials: Sequence[TrialRecord]
    messages: Sequence[dict[str, Any]]
    deeds: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Erased:
    """``imports``: whose errors named them; ``parked``: messages that did, and are thrown away."""

    client_id: int
    at: datetime
    imports: int
    parked: Sequence[int]


async def data_of(ports: Ports, client_id: int) -> Held:
    """Raises NotFound, Unavailable."""
    async with ports.transactions.reading() as store:
        client = await living(store, client_id)
        blocks = await store.blocks.of([client_id])
        trials = await store.trials.to_phone(client.profile.phone)
    ids = await ports.plans.messages_of(client_id) + [trial.id for trial in trials]
    wanted = AuditFilter(subject=f"clients/{client_id}")
    deeds = [entry async for page in every_entry(ports, wanted) for entry in page]
    messages = await _messages(ports, ids)
    return Held(ports.clock.now(), client, blocks, trials, messages, deeds)


async def erase_client(
    ports: Ports, client_id: int, who: Caller, expected: Expected | None = None
) -> Erased:
    """Raises NotFound, Outdated, Conflict while a file is being imported: it may name them, and
    would make them anew."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        client = await as_expected(store, client_id, expected)
        if await store.imports.are_unfinished():
            raise Conflict("An import is under way, and may name this client: let it end first.")
        imports = await store.imports.forget_errors_about(client.profile)
        parked = await store.parked.forget_about(client.profile)
        await store.keys.forget_answers_naming(client.profile)
        await bury(store, client, now)
        told: dict[str, Fact] = {"imports": imports, "parked": parked}
        await store.audit.note(Deed(Action.ERASE_CLIENT, f"clients/{client_id}", told), who, now)
    return Erased(client_id, now, imports, parked)


async def _messages(ports: Ports, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Those that stats has heard of."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(message_id: int) -> dict[str, Any] | None:
        async with turns:
            try:
                return await get_message(ports, message_id, EVERYTHING)
            except NotFound:
                return None

    found = await asyncio.gather(*map(one, ids))
    return [message for message in found if message is not None]
