"""Mailings: read, made, changed, copied."""

from collections.abc import Callable, Mapping
from functools import partial

from services.api.domain import lifecycle, mailings
from services.api.domain.audit import Action, Fact
from services.api.domain.callers import Caller, Scope
from services.api.domain.deeds import of_mailing as deed_of
from services.api.domain.mailings import Mailing, MailingFilter, Revision, as_revision
from services.api.domain.paging import (
    BEHIND_ALL,
    Order,
    Page,
    from_cursor,
    page_of,
    place_in,
    place_of,
    row_id,
)
from services.api.domain.rights import Right
from services.api.domain.versions import Expected
from services.api.handlers.audit import note
from services.api.handlers.departments import in_its_department
from services.api.handlers.hook_telling import tell_of_mailing
from services.api.handlers.steps import as_expected, existing, keep
from services.api.ports import Ports
from shared.contracts.mailings import MailingChanged, MailingSpec

NEWEST = Order("id", descending=True)
# What the caller wants it to be: the name and the rest.
Wanted = tuple[str | None, MailingSpec]


async def list_mailings(
    ports: Ports, wanted: MailingFilter, limit: int, cursor: str | None, order: Order = NEWEST
) -> Page[Mailing]:
    behind = from_cursor(cursor, place_in(order), None)
    async with ports.transactions.reading() as store:
        found = await store.mailings.page(wanted, order, behind, limit + 1)
    return page_of(found, limit, partial(place_of, order))


async def get_mailing(ports: Ports, mailing_id: int, scope: Scope) -> Mailing:
    """Raises NotFound. A deleted mailing is still found: its history is kept."""
    async with ports.transactions.reading() as store:
        return await existing(store, mailing_id, scope)


async def list_revisions(
    ports: Ports, mailing_id: int, scope: Scope, limit: int, cursor: str | None
) -> Page[Revision]:
    """Newest first. Raises NotFound."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        await existing(store, mailing_id, scope)
        found = await store.revisions.page(mailing_id, before, limit + 1)
    return page_of(found, limit, lambda revision: revision.revision)


async def create_mailing(
    ports: Ports, name: str | None, spec: MailingSpec, who: Caller, *, draft: bool
) -> Mailing:
    """Raises Invalid when it is to be launched and over already, or its department is none that
    the caller may write for; Forbidden when it is to be launched and they may not."""
    if not draft:
        who.need(Right.MAILINGS_LAUNCH)
    return await _add(ports, name, spec, who, Action.ADD_MAILING, draft=draft)


async def _add(
    ports: Ports,
    name: str | None,
    spec: MailingSpec,
    who: Caller,
    action: Action,
    *,
    draft: bool,
    also: Mapping[str, Fact] | None = None,
) -> Mailing:
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        spec = await in_its_department(store, who.scope, spec)
        mailing = await store.mailings.add(mailings.new_mailing(name, spec, draft=draft, now=now))
        await store.revisions.keep(as_revision(mailing, who.user_id))
        for message in mailings.announcement(mailing):
            await store.outbox.put(message)
        await tell_of_mailing(store, None, mailing, now)
        await note(store, deed_of(action, None, mailing, also), who, now)
    return mailing


async def clone_mailing(
    ports: Ports, mailing_id: int, who: Caller, revise: Callable[[Mailing], Wanted]
) -> Mailing:
    """A draft; ``revise`` says what it is to be, given the copied mailing under its new name.

    Raises NotFound, Invalid.
    """
    original = await get_mailing(ports, mailing_id, who.scope)
    name, spec = revise(lifecycle.copied(original))
    of = {"of": f"mailings/{mailing_id}"}
    return await _add(ports, name, spec, who, Action.CLONE_MAILING, draft=True, also=of)


async def change_mailing(
    ports: Ports,
    mailing_id: int,
    who: Caller,
    revise: Callable[[Mailing], Wanted],
    expected: Expected | None = None,
) -> Mailing:
    """``revise`` says what it is to be, given what it is. Raises NotFound, Outdated, Conflict,
    Invalid."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        before = await as_expected(store, mailing_id, who.scope, expected)
        name, spec = revise(before)
        if spec.department_id != before.spec.department_id:
            spec = await in_its_department(store, who.scope, spec)
        step = lifecycle.changed(before, name, spec, now)
        await keep(store, before, step, who.user_id, now)
        await note(store, deed_of(Action.CHANGE_MAILING, before, step.mailing), who, now)
    return step.mailing


async def launched_mailings(ports: Ports, after: int, limit: int) -> list[MailingChanged]:
    """Launched and not finished, by id, for a copy that is built anew."""
    async with ports.transactions.reading() as store:
        return await store.mailings.launched(after, limit)
