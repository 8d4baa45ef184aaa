"""Publishes what became of commands, then settles them.

Events go first and retries after them: a retry that somebody sees proves that the event before it
is out, so a command older than the record has nothing left to say.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from services.sender.domain.events import delivery_events
from services.sender.domain.outcomes import OutcomeKind, Retry, Settlement, Told
from services.sender.domain.work import Work
from services.sender.handlers.custody import Custody
from services.sender.handlers.persistence import until_done
from services.sender.ports import Outbox
from shared.contracts.commands import SendMessages
from shared.runtime.batches import Batches

T = TypeVar("T")

# Some 100 kB of JSON: far below what a broker takes, enough to make a message's cost small.
EVENTS_PER_MESSAGE = 500
COMMANDS_PER_ENVELOPE = 100  # as the scheduler does: an envelope should not hold slots for long

Publish = Callable[[], Awaitable[None]]


class Publishing:
    def __init__(
        self, outbox: Outbox, custody: Custody, look_again: Callable[[list[Work]], None]
    ) -> None:
        """``look_again``: takes copies of a command that were parked until it was settled."""
        self._outbox = outbox
        self._custody = custody
        self._look_again = look_again
        self._settlements: Batches[Settlement] = Batches(full=1, linger=0)

    def add(self, settlements: Iterable[Settlement]) -> None:
        self._settlements.extend(settlements)

    def __len__(self) -> int:
        return len(self._settlements)

    async def run(self) -> None:
        while True:
            await self._publish(await self._settlements.take())

    async def _publish(self, settlements: Sequence[Settlement]) -> None:
        tolds = [s.told for s in settlements if s.told is not None]
        await _publish_all(self._events(tolds))
        await _publish_all(self._retries(settlements))
        works = [settlement.work for settlement in settlements]
        await self._custody.settle(works)
        self._look_again(self._custody.release(works))

    def _events(self, tolds: Sequence[Told]) -> Iterator[Publish]:
        by_kind: dict[OutcomeKind, list[Told]] = defaultdict(list)
        for told in tolds:
            by_kind[told.outcome.kind].append(told)
        for kind, its_tolds in by_kind.items():
            for chunk in chunks(its_tolds, EVENTS_PER_MESSAGE):
                yield partial(self._outbox.events, delivery_events(kind, chunk))

    def _retries(self, settlements: Sequence[Settlement]) -> Iterator[Publish]:
        groups: dict[tuple[object, ...], list[tuple[SendMessages, Retry]]] = defaultdict(list)
        for settlement in settlements:
            if settlement.retry is not None:
                letter = settlement.work.parcel.letter
                key = (settlement.retry.tier, *_header(letter))
                groups[key].append((letter, settlement.retry))
        for group in groups.values():
            letter, retry = group[0]
            for chunk in chunks([retry.command for _, retry in group], COMMANDS_PER_ENVELOPE):
                envelope = letter.model_copy(update={"commands": tuple(chunk)})
                yield partial(self._outbox.retry, retry.tier, envelope)


def _header(letter: SendMessages) -> tuple[object, ...]:
    return (
        letter.mailing_id,
        letter.mailing_revision,
        letter.timezone,
        letter.channel,
        letter.not_after,
        letter.text,
        letter.grounds,
        letter.question,
    )


async def _publish_all(publishes: Iterable[Publish]) -> None:
    await asyncio.gather(*(until_done("publish", publish) for publish in publishes))


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
