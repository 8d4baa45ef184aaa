"""What providers bring: receipts, which stats is told of, and what clients answered.

One transaction takes all that is in a request, so a provider that gets no answer sends it again and
nothing is done twice: the same receipt changes nothing, who is blocked stays so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.domain.blocks import Block, NewBlock, Source
from services.api.domain.clients import Client
from services.api.domain.failures import NotFound, Unauthorized
from services.api.domain.inbound import Inbound, Said, those_who, wishes
from services.api.domain.signatures import SIGNATURE, NotSigned, verify
from services.api.domain.stopping import Wish
from services.api.handlers.blocks import block_these, lift_these
from services.api.handlers.hook_telling import tell_of_receipts
from services.api.ports import Overtaken, Ports, Store
from shared.contracts.receipts import Receipt, ReceiptsGiven

# Others change the same clients in between; more often than this, something is wrong.
MOST_TRIES = 10


@dataclass(frozen=True, slots=True)
class Answered:
    """Of the clients who wished something: who was blocked for it, who no longer is, whose phones
    nobody here has."""

    blocked: int = 0
    lifted: int = 0
    unknown: int = 0


def check(ports: Ports, provider: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raises NotFound for a provider that has no secret here, Unauthorized."""
    keys = ports.receipt_keys.get(provider)
    if keys is None:
        raise NotFound("provider", provider)
    try:
        verify(headers, keys, body, ports.clock.now())
    except NotSigned as fault:
        raise Unauthorized(str(fault), field=SIGNATURE) from None


async def take(
    ports: Ports, provider: str, receipts: Sequence[Receipt], inbound: Sequence[Inbound]
) -> Answered:
    said = wishes(inbound)
    for _ in range(MOST_TRIES):
        now = ports.clock.now()
        try:
            async with ports.transactions.begin() as store:
                if receipts:
                    await store.outbox.put(ReceiptsGiven.of(provider, receipts))
                    await tell_of_receipts(store, receipts, now)
                return await _heed(store, said, now)
        except Overtaken as overtaken:
            last = overtaken
    raise last


async def _heed(store: Store, said: Mapping[str, Said], now: datetime) -> Answered:
    if not said:
        return Answered()
    clients = await store.clients.with_phones(said)
    blocked = await _block(store, clients, those_who(Wish.STOP, said), now)
    lifted = await _lift(store, clients, those_who(Wish.START, said), now)
    return Answered(blocked, lifted, unknown=len(said) - len(clients))


async def _block(
    store: Store, clients: Mapping[str, Client], stops: Mapping[str, datetime], now: datetime
) -> int:
    """A block that somebody has already is theirs who made it."""
    chosen = [clients[phone] for phone in sorted(stops.keys() & clients.keys())]
    chosen = [client for client in chosen if not client.blocked]
    new = [
        NewBlock(client.id, Source.STOP, since=min(now, stops[client.profile.phone]))
        for client in chosen
    ]
    if chosen:
        await block_these(store, chosen, new, None, now)
    return len(chosen)


async def _lift(
    store: Store, clients: Mapping[str, Client], starts: Mapping[str, datetime], now: datetime
) -> int:
    """Only what the client wanted, and before they changed their mind: a START that comes again, or
    late, does not undo a later STOP."""
    chosen = {clients[phone].id: clients[phone] for phone in starts.keys() & clients.keys()}
    if not chosen:
        return 0
    blocks = [
        block
        for block in await store.blocks.of(sorted(chosen))
        if _is_lifted(block, starts[chosen[block.client_id].profile.phone])
    ]
    if blocks:
        await lift_these(store, [chosen[block.client_id] for block in blocks], blocks, None, now)
    return len(blocks)


def _is_lifted(block: Block, at: datetime) -> bool:
    return block.source is Source.STOP and block.created_at < at
