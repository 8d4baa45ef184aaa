"""Tags: a list of words, and which clients carry them."""

from services.api.domain.audit import Action, Deed
from services.api.domain.bulk import BulkAction, BulkOrder, Whom, decide
from services.api.domain.callers import Caller
from services.api.domain.failures import Conflict, FieldFault, NotFound
from services.api.domain.paging import Page, from_cursor, page_of
from services.api.domain.tags import Tag
from services.api.handlers.bulk import PART, carry_out, do_part
from services.api.ports import Ports, Store

# Clients that lose a tag in one transaction.
BATCH = PART


async def list_tags(ports: Ports, prefix: str, limit: int, cursor: str | None) -> Page[Tag]:
    after = from_cursor(cursor, str, "")
    async with ports.transactions.reading() as store:
        found = await store.tags.page(prefix, after, limit + 1)
    return page_of(found, limit, lambda tag: tag.name)


async def get_tag(ports: Ports, name: str) -> tuple[Tag, int]:
    """The tag and how many clients carry it. Raises NotFound."""
    async with ports.transactions.reading() as store:
        return await _existing(store, name), await store.tags.clients_with(name)


async def create_tag(ports: Ports, name: str, who: Caller) -> Tag:
    """Raises Conflict when there is such a tag."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        tag = await store.tags.add(name, now)
        if tag is None:
            reason = "There is such a tag already."
            raise Conflict(reason, (FieldFault("name", reason),))
        await store.audit.note(Deed(Action.ADD_TAG, f"tags/{name}"), who, now)
    return tag


async def delete_tag(ports: Ports, name: str, who: Caller) -> None:
    """Takes the tag away from every client, then from the list. Raises NotFound.

    A batch of clients is a transaction: half a million of them in one would hold up everybody
    else. If it breaks off, the tag is still there with fewer clients, and deleting it again goes
    on where it ended. The audit counts the clients of each time.
    """
    async with ports.transactions.reading() as store:
        await _existing(store, name)
        carriers = await store.tags.clients_with(name)
    order = BulkOrder(BulkAction.UNTAG, Whom(tags=(name,)), (name,))
    stripped = await _strip_many(ports, order) if carriers > BATCH else 0
    stripped += await _strip_the_rest(ports, order, name)
    async with ports.transactions.begin() as store:
        await store.tags.forget(name)
        deed = Deed(Action.DELETE_TAG, f"tags/{name}", {"clients": stripped})
        await store.audit.note(deed, who, ports.clock.now())


async def _strip_many(ports: Ports, order: BulkOrder) -> int:
    """Looks at every client once: to ask for those who have it, again and again, would find all who
    are left each time."""
    stripped, after = 0, 0
    async with ports.transactions.reading() as store:
        last = await store.clients.last_id()
    while True:
        now = ports.clock.now()
        async with ports.transactions.begin(part=True) as store:
            done = await do_part(store, order, after, last, BATCH, now)
        if done is None:
            return stripped
        stripped, after = stripped + done.changed, done.end


async def _strip_the_rest(ports: Ports, order: BulkOrder, name: str) -> int:
    """Those of few, or who got it meanwhile: to the last one."""
    stripped = part = await _strip(ports, order, name)
    while part == BATCH:
        part = await _strip(ports, order, name)
        stripped += part
    return stripped


async def _strip(ports: Ports, order: BulkOrder, name: str) -> int:
    """From how many clients it was taken: a whole batch when there may be more."""
    now = ports.clock.now()
    async with ports.transactions.begin(part=True) as store:
        clients = await store.clients.with_tag(name, BATCH)
        await carry_out(store, order, decide(order, clients, now), now)
    return len(clients)


async def _existing(store: Store, name: str) -> Tag:
    tag = await store.tags.get(name)
    if tag is None:
        raise NotFound("tag", name)
    return tag
