"""One step in the life of a mailing: decided, stored and told in one transaction."""

from collections.abc import Callable
from datetime import datetime

from services.api.domain.audit import Action
from services.api.domain.callers import Caller, Scope
from services.api.domain.deeds import of_mailing as deed_of
from services.api.domain.failures import NotFound
from services.api.domain.mailings import Mailing, Step, as_revision, is_new
from services.api.domain.versions import Expected, of_mailing
from services.api.handlers.audit import note
from services.api.handlers.hook_telling import tell_of_mailing
from services.api.ports import Ports, Store


async def existing(store: Store, mailing_id: int, scope: Scope, *, lock: bool = False) -> Mailing:
    """Raises NotFound, and does so too for what is out of the scope: whoever may not see a mailing
    does not learn that it is there."""
    mailing = await store.mailings.get(mailing_id, lock=lock)
    if mailing is None or not scope.includes(mailing.spec.department_id):
        raise NotFound("mailing", mailing_id)
    return mailing


async def as_expected(
    store: Store, mailing_id: int, scope: Scope, expected: Expected | None
) -> Mailing:
    """Locked, so that it stays what was expected. Raises NotFound, Outdated."""
    mailing = await existing(store, mailing_id, scope, lock=True)
    if expected is not None:
        expected.check(of_mailing(mailing))
    return mailing


async def take(
    ports: Ports,
    mailing_id: int,
    who: Caller,
    action: Action,
    decide: Callable[[Mailing], Step],
    expected: Expected | None = None,
) -> Step:
    """Raises NotFound, Outdated, and what ``decide`` raises."""
    async with ports.transactions.begin() as store:
        before = await as_expected(store, mailing_id, who.scope, expected)
        step, now = decide(before), ports.clock.now()
        await keep(store, before, step, who.user_id, now)
        await note(store, deed_of(action, before, step.mailing), who, now)
    return step


async def keep(store: Store, before: Mailing, step: Step, by: int | None, now: datetime) -> None:
    """Stores what the mailing has become, and the messages that say so, in their order."""
    await store.mailings.save(step.mailing)
    if is_new(before, step.mailing):
        await store.revisions.keep(as_revision(step.mailing, by))
    for message in step.messages:
        await store.outbox.put(message)
    await tell_of_mailing(store, before, step.mailing, now)
