"""What has been kept for as long as it may be is removed, a little at a time."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from services.api.domain.audit import Action, Deed
from services.api.domain.mailings import forgotten
from services.api.domain.retention import Retention, kept_since
from services.api.handlers.steps import keep
from services.api.ports import Ports, Store

# Each is one short transaction. An import may have thousands of rows with what was wrong in it.
IMPORTS_AT_ONCE = 10
ROWS_AT_ONCE = 500
MAILINGS_AT_ONCE = 20

Step = Callable[[Store, datetime, int], Awaitable[int]]


async def forget_what_is_over(ports: Ports, retention: Retention) -> dict[str, int]:
    """How many of each kind there were; kinds of which there was none are left out."""
    messages = partial(_messages, now=ports.clock.now())
    gone = {
        "imports": await _forget(ports, retention.imports, _imports, IMPORTS_AT_ONCE),
        "trials": await _forget(ports, retention.trials, _trials, ROWS_AT_ONCE),
        "parked": await _forget(ports, retention.parked, _parked, ROWS_AT_ONCE),
        "mailings": await _forget(ports, retention.messages, messages, MAILINGS_AT_ONCE),
        "webhooks": await _forget(ports, retention.webhooks, _deliveries, ROWS_AT_ONCE),
    }
    return {kind: number for kind, number in gone.items() if number}


async def _forget(ports: Ports, days: int, step: Step, limit: int) -> int:
    before = kept_since(days, ports.clock.now())
    gone = 0
    while before is not None:
        async with ports.transactions.begin() as store:
            taken = await step(store, before, limit)
        gone += taken
        if taken < limit:
            break
    return gone


async def _imports(store: Store, before: datetime, limit: int) -> int:
    return await store.imports.forget_ended_before(before, limit)


async def _trials(store: Store, before: datetime, limit: int) -> int:
    return await store.trials.forget_phones_before(before, limit)


async def _parked(store: Store, before: datetime, limit: int) -> int:
    return await store.parked.forget_put_back_before(before, limit)


async def _messages(store: Store, before: datetime, limit: int, *, now: datetime) -> int:
    """Here nothing of them is kept but how the mailing was: the others are told."""
    ended = await store.mailings.finished_before(before, limit)
    for mailing in ended:
        await keep(store, mailing, forgotten(mailing, now), by=None, now=now)
        deed = Deed(Action.FORGET_MAILING, f"mailings/{mailing.id}")
        await store.audit.note(deed, None, now)
    return len(ended)


async def _deliveries(store: Store, before: datetime, limit: int) -> int:
    return await store.hook_log.forget_ended_before(before, limit)
