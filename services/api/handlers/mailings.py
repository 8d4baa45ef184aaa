"""Mailings: read, made, changed, copied."""

from collections.abc import Callable

from services.api.domain import lifecycle, mailings
from services.api.domain.mailings import Mailing, MailingState, Revision, as_revision
from services.api.domain.paging import BEHIND_ALL, Page, from_cursor, page_of, row_id
from services.api.handlers.steps import existing, take
from services.api.ports import Ports
from shared.contracts.mailings import MailingChanged, MailingSpec

# What the caller wants it to be: the name and the rest.
Wanted = tuple[str | None, MailingSpec]


async def list_mailings(
    ports: Ports, state: MailingState | None, limit: int, cursor: str | None
) -> Page[Mailing]:
    """Newest first."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        found = await store.mailings.page(state, before, limit + 1)
    return page_of(found, limit, lambda mailing: mailing.id)


async def get_mailing(ports: Ports, mailing_id: int) -> Mailing:
    """Raises NotFound. A deleted mailing is still found: its history is kept."""
    async with ports.transactions.reading() as store:
        return await existing(store, mailing_id)


async def list_revisions(
    ports: Ports, mailing_id: int, limit: int, cursor: str | None
) -> Page[Revision]:
    """Newest first. Raises NotFound."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        await existing(store, mailing_id)
        found = await store.revisions.page(mailing_id, before, limit + 1)
    return page_of(found, limit, lambda revision: revision.revision)


async def create_mailing(
    ports: Ports, name: str | None, spec: MailingSpec, by: int | None, *, draft: bool
) -> Mailing:
    """Raises Invalid when it is to be launched and over already."""
    new = mailings.new_mailing(name, spec, draft=draft, now=ports.clock.now())
    async with ports.transactions.begin() as store:
        mailing = await store.mailings.add(new)
        await store.revisions.keep(as_revision(mailing, by))
        for message in mailings.announcement(mailing):
            await store.outbox.put(message)
    return mailing


async def clone_mailing(
    ports: Ports, mailing_id: int, by: int | None, revise: Callable[[Mailing], Wanted]
) -> Mailing:
    """A draft; ``revise`` says what it is to be, given the copied mailing under its new name.

    Raises NotFound, Invalid.
    """
    original = await get_mailing(ports, mailing_id)
    name, spec = revise(lifecycle.copied(original))
    return await create_mailing(ports, name, spec, by, draft=True)


async def change_mailing(
    ports: Ports, mailing_id: int, by: int | None, revise: Callable[[Mailing], Wanted]
) -> Mailing:
    """``revise`` says what it is to be, given what it is. Raises NotFound, Conflict, Invalid."""
    now = ports.clock.now()
    step = await take(ports, mailing_id, by, lambda one: lifecycle.changed(one, *revise(one), now))
    return step.mailing


async def launched_mailings(ports: Ports, after: int, limit: int) -> list[MailingChanged]:
    """Launched and not finished, by id, for a copy that is built anew."""
    async with ports.transactions.reading() as store:
        return await store.mailings.launched(after, limit)
