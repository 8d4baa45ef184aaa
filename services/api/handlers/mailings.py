"""Mailings: read, made, launched, changed, deleted."""

from collections.abc import Callable

from services.api.domain import mailings
from services.api.domain.failures import NotFound
from services.api.domain.mailings import Mailing, MailingState, Step
from services.api.domain.paging import Page, from_cursor, page_of, row_id
from services.api.ports import Ports, Store
from shared.contracts.mailings import MailingChanged, MailingSpec

_BEHIND_ALL = 2**63 - 1

# What the caller wants it to be: the name and the rest.
Wanted = tuple[str | None, MailingSpec]


async def list_mailings(
    ports: Ports, state: MailingState | None, limit: int, cursor: str | None
) -> Page[Mailing]:
    """Newest first."""
    before = from_cursor(cursor, row_id, _BEHIND_ALL)
    async with ports.transactions.begin() as store:
        found = await store.mailings.page(state, before, limit + 1)
    return page_of(found, limit, lambda mailing: mailing.id)


async def get_mailing(ports: Ports, mailing_id: int) -> Mailing:
    """Raises NotFound. A deleted mailing is still found: its history is kept."""
    async with ports.transactions.begin() as store:
        return await _existing(store, mailing_id)


async def create_mailing(
    ports: Ports, name: str | None, spec: MailingSpec, *, draft: bool
) -> Mailing:
    """Raises Invalid when it is to be launched and over already."""
    new = mailings.new_mailing(name, spec, draft=draft, now=ports.clock.now())
    async with ports.transactions.begin() as store:
        mailing = await store.mailings.add(new)
        for message in mailings.announcement(mailing):
            await store.outbox.put(message)
    return mailing


async def launch_mailing(ports: Ports, mailing_id: int) -> Mailing:
    """Raises NotFound, Conflict, Invalid."""
    return await _take(ports, mailing_id, lambda one: mailings.launched(one, ports.clock.now()))


async def change_mailing(
    ports: Ports, mailing_id: int, revise: Callable[[Mailing], Wanted]
) -> Mailing:
    """``revise`` says what it is to be, given what it is. Raises NotFound, Conflict, Invalid."""
    now = ports.clock.now()
    return await _take(ports, mailing_id, lambda one: mailings.changed(one, *revise(one), now))


async def delete_mailing(ports: Ports, mailing_id: int) -> None:
    """Raises NotFound."""
    await _take(ports, mailing_id, lambda one: mailings.deleted(one, ports.clock.now()))


async def launched_mailings(ports: Ports, after: int, limit: int) -> list[MailingChanged]:
    """Launched and not finished, by id, for a copy that is built anew."""
    async with ports.transactions.begin() as store:
        return await store.mailings.launched(after, limit)


async def _take(ports: Ports, mailing_id: int, decide: Callable[[Mailing], Step]) -> Mailing:
    async with ports.transactions.begin() as store:
        step = decide(await _existing(store, mailing_id, lock=True))
        await store.mailings.save(step.mailing)
        for message in step.messages:
            await store.outbox.put(message)
    return step.mailing


async def _existing(store: Store, mailing_id: int, *, lock: bool = False) -> Mailing:
    mailing = await store.mailings.get(mailing_id, lock=lock)
    if mailing is None:
        raise NotFound("mailing", mailing_id)
    return mailing
