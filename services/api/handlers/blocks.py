"""Blocks: listed, made, lifted. What is under way to a client who is blocked is stopped at once.

A block is of the client's row: who makes or lifts one has that locked, and gives the client another
revision, by which everybody else hears of it.
"""

from collections.abc import Sequence
from datetime import datetime

from services.api.domain.audit import Action, Deed
from services.api.domain.blocks import Block, BlockFilter, NewBlock, Source, blocked, unblocked
from services.api.domain.callers import Caller
from services.api.domain.clients import Client, gate_for, news
from services.api.domain.failures import Conflict, FieldFault, Invalid, NotFound
from services.api.domain.paging import BEHIND_ALL, Page, from_cursor, page_of, row_id
from services.api.ports import Ports, Store
from shared.contracts.gates import GatesChanged


async def list_blocks(
    ports: Ports, wanted: BlockFilter, limit: int, cursor: str | None
) -> Page[Block]:
    """Newest first."""
    before = from_cursor(cursor, row_id, BEHIND_ALL)
    async with ports.transactions.reading() as store:
        found = await store.blocks.page(wanted, before, limit + 1)
    return page_of(found, limit, lambda block: block.id)


async def get_block(ports: Ports, block_id: int) -> Block:
    """Raises NotFound."""
    async with ports.transactions.reading() as store:
        return await _existing(store, block_id)


async def add_block(ports: Ports, client_id: int, reason: str | None, who: Caller) -> Block:
    """Raises Invalid, Conflict."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        client = await store.clients.get(client_id, lock=True)
        if client is None:
            raise Invalid(FieldFault("client_id", f"There is no client {client_id}."))
        if client.blocked:
            reason = "This client is blocked already."
            raise Conflict(reason, (FieldFault("client_id", reason),))
        new = NewBlock(client_id, Source.PERSON, reason, who.user_id)
        [block] = await block_these(store, [client], [new], who, now)
    return block


async def lift_block(ports: Ports, block_id: int, who: Caller) -> None:
    """Raises NotFound."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        block = await _existing(store, block_id)
        client = await store.clients.get(block.client_id, lock=True)
        if client is None or not client.blocked:  # somebody was quicker
            raise NotFound("block", block_id)
        await lift_these(store, [client], [block], who, now)


async def block_these(
    store: Store,
    clients: Sequence[Client],
    blocks: Sequence[NewBlock],
    who: Caller | None,
    now: datetime,
) -> list[Block]:
    """One block for each of the clients. Raises Overtaken when one of them has changed."""
    changed = [blocked(client, now) for client in clients]
    await store.clients.change(changed)
    made = await store.blocks.add(blocks, now)
    await _tell(store, clients, changed)
    await store.audit.note_all([_deed(Action.BLOCK_CLIENT, one) for one in made], who, now)
    return made


async def lift_these(
    store: Store,
    clients: Sequence[Client],
    blocks: Sequence[Block],
    who: Caller | None,
    now: datetime,
) -> None:
    """The blocks of these clients. Raises Overtaken when one of them has changed."""
    changed = [unblocked(client, now) for client in clients]
    await store.clients.change(changed)
    await store.blocks.remove([block.id for block in blocks])
    await _tell(store, clients, changed)
    await store.audit.note_all([_deed(Action.LIFT_BLOCK, one) for one in blocks], who, now)


async def _tell(store: Store, before: Sequence[Client], after: Sequence[Client]) -> None:
    gates = (gate_for(was, now) for was, now in zip(before, after, strict=True))
    await store.outbox.put(GatesChanged(gates=tuple(gate for gate in gates if gate is not None)))
    await store.outbox.put(news(after))


def _deed(action: Action, block: Block) -> Deed:
    """A person's words may name somebody: they stay with the block."""
    facts = {"block": block.id, "source": block.source.value}
    return Deed(action, f"clients/{block.client_id}", {**facts})


async def _existing(store: Store, block_id: int) -> Block:
    block = await store.blocks.get(block_id)
    if block is None:
        raise NotFound("block", block_id)
    return block
