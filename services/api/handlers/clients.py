"""Clients: read, made, changed, deleted."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from services.api.domain.audit import Action
from services.api.domain.callers import Caller
from services.api.domain.clients import (
    Client,
    ClientFilter,
    Profile,
    Tombstone,
    buried,
    gate_for,
    news,
    with_profile,
)
from services.api.domain.deeds import of_client as deed_of
from services.api.domain.failures import Conflict, FieldFault, NotFound
from services.api.domain.paging import (
    OLDEST,
    Order,
    Page,
    from_cursor,
    page_of,
    place_in,
    place_of,
)
from services.api.domain.versions import Expected, of_client
from services.api.handlers.audit import note
from services.api.ports import Overtaken, Ports, Store
from shared.contracts.directory import ClientsChanged
from shared.contracts.gates import GatesChanged


async def list_clients(
    ports: Ports, wanted: ClientFilter, limit: int, cursor: str | None, order: Order = OLDEST
) -> Page[Client]:
    behind = from_cursor(cursor, place_in(order), None)
    async with ports.transactions.reading() as store:
        found = await store.clients.page(wanted, order, behind, limit + 1)
    return page_of(found, limit, partial(place_of, order))


async def get_client(ports: Ports, client_id: int) -> Client:
    """Raises NotFound."""
    async with ports.transactions.reading() as store:
        return await living(store, client_id)


async def create_client(ports: Ports, profile: Profile, who: Caller) -> Client:
    """Raises Conflict when a living client has the phone."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        try:
            [client] = await store.clients.add([profile], now)
        except Overtaken:
            raise _taken(await store.clients.with_phone(profile.phone)) from None
        await store.tags.ensure(profile.tags, now)
        await store.outbox.put(news([client]))
        await note(store, deed_of(Action.ADD_CLIENT, None, client), who, now)
    return client


async def change_client(
    ports: Ports,
    client_id: int,
    revise: Callable[[Profile], Profile],
    who: Caller,
    expected: Expected | None = None,
) -> Client:
    """``revise`` makes the new profile of the present one. Raises NotFound, Outdated, Conflict."""
    now = ports.clock.now()
    phone = ""
    try:
        async with ports.transactions.begin() as store:
            before = await as_expected(store, client_id, expected)
            after = with_profile(before, revise(before.profile), now)
            if after is before:
                return before
            await _check_phone(store, after)
            phone = after.profile.phone
            await store.clients.change([after])
            await store.tags.ensure(after.profile.tags, now)
            await _tell(store, before, after)
            await note(store, deed_of(Action.CHANGE_CLIENT, before, after), who, now)
    except Overtaken:  # the row was locked, so it can only be about the phone
        raise _taken(await _holder_of(ports, phone)) from None
    return after


async def delete_client(
    ports: Ports, client_id: int, who: Caller, expected: Expected | None = None
) -> None:
    """Raises NotFound, Outdated."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        before = await as_expected(store, client_id, expected)
        await bury(store, before, now)
        await note(store, deed_of(Action.DELETE_CLIENT, before, None), who, now)


async def bury(store: Store, client: Client, now: datetime) -> None:
    tombstone = buried(client)
    await store.clients.bury([tombstone], now)
    await _tell(store, client, tombstone)


async def client_states(ports: Ports, after: int, limit: int) -> ClientsChanged:
    """Living and deleted clients by id, for a copy that is built anew."""
    async with ports.transactions.reading() as store:
        position = await store.outbox.clients_position()
        states = await store.clients.states(after, limit)
    return states.model_copy(update={"position": position})


async def living(store: Store, client_id: int, *, lock: bool = False) -> Client:
    client = await store.clients.get(client_id, lock=lock)
    if client is None:
        raise NotFound("client", client_id)
    return client


async def as_expected(store: Store, client_id: int, expected: Expected | None) -> Client:
    """Locked, so that they stay what was expected. Raises NotFound, Outdated."""
    client = await living(store, client_id, lock=True)
    if expected is not None:
        expected.check(of_client(client))
    return client


async def _check_phone(store: Store, client: Client) -> None:
    holder = await store.clients.with_phone(client.profile.phone)
    if holder not in (None, client.id):
        raise _taken(holder)


async def _holder_of(ports: Ports, phone: str) -> int | None:
    """To be asked when the transaction that was refused is over: it answers nothing more."""
    async with ports.transactions.reading() as store:
        return await store.clients.with_phone(phone)


async def _tell(store: Store, before: Client, after: Client | Tombstone) -> None:
    gate = gate_for(before, after)
    if gate is not None:
        await store.outbox.put(GatesChanged(gates=(gate,)))
    await store.outbox.put(news([after]))


def _taken(holder: int | None) -> Conflict:
    who = "Another client" if holder is None else f"Client {holder}"
    reason = f"{who} has this phone already."
    return Conflict(reason, (FieldFault("phone", reason),))
