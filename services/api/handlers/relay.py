"""The relay: messages of the outbox go to the broker, in order, and leave the outbox then."""

import asyncio
from dataclasses import dataclass

from services.api.domain.outbox import confirmed_first
from services.api.ports import EventPublisher, OutboxLane


@dataclass(frozen=True, slots=True)
class Relayed:
    """How many messages the broker has, and why not the others, if so."""

    messages: int
    failure: ConnectionError | None = None


async def relay_batch(lane: OutboxLane, publisher: EventPublisher) -> Relayed:
    """Publishes what is due, together: the channel keeps the order, whoever is confirmed first.

    A crash before they are forgotten publishes them again; whoever hears of them compares
    revisions.
    """
    rows = await lane.due()
    results = await asyncio.gather(
        *(publisher.publish(row.exchange, row.routing_key, row.body) for row in rows),
        return_exceptions=True,
    )
    confirmed = confirmed_first(rows, results)
    if confirmed:
        await lane.forget([row.id for row in rows[:confirmed]])
    if confirmed == len(rows):
        return Relayed(confirmed)
    failure = results[confirmed]
    if not isinstance(failure, ConnectionError):
        raise failure or AssertionError("a row without a failure is confirmed")
    return Relayed(confirmed, failure)
