"""One function per message, and the map from messages to them at the foot."""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from services.stats.domain.calls import calls
from services.stats.domain.in_flight import InFlightCalls
from services.stats.domain.receipts import Receipt, settle
from services.stats.domain.standing import fold
from services.stats.ports import Announcer, Books, Due, Meters, Retention, Upkeep
from shared.contracts.base import Message
from shared.contracts.delivery import (
    CallsInFlight,
    DeliveryEvent,
    DeliveryEvents,
    MessagesClosed,
    MessagesForgotten,
)
from shared.contracts.progress import MailingEmitted, MailingFinished, WavesPlanned
from shared.contracts.receipts import ReceiptsGiven
from shared.contracts.statuses import Status
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# The pace looks ten seconds back; a minute leaves room for events that come late.
KEEP_PACE = timedelta(minutes=1)
# When a window has closed the senders give back what they have: a lease, a flush and a redelivery
# take less than a minute.
OVERDUE = timedelta(minutes=10)
# What a sender tells comes within its longest outage; a receipt of which nothing is heard for so
# long is of a message that is not ours.
KEEP_WAITING = timedelta(days=3)
# In a round, however many wait: a second's look at each costs some microseconds.
RECEIPTS_AT_ONCE, PAGES_AT_ONCE = 1_000, 10
# Messages whose calls are forgotten in one transaction: some milliseconds of it.
FORGET_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Ports:
    books: Books
    announcer: Announcer
    in_flight: InFlightCalls
    meters: Meters
    clock: Clock


async def deliveries(ports: Ports, *messages: DeliveryEvents) -> None:
    """Applies them in one transaction, then announces the mailings they brought to an end."""
    started = time.perf_counter()
    events = [event for message in messages for event in message.events]
    async with ports.books.open({event.mailing_id for event in events}) as page:
        if page.closed:
            messages, events = _of_open_books(messages, page.closed)
        known = await page.standings({event.message_id for event in events})
        change = fold(known, events)
        await page.enter(change, calls(messages))
        due = await page.add_up()
    ports.meters.batch(change, time.perf_counter() - started)
    await announce(ports, due)


def _of_open_books(
    messages: Iterable[DeliveryEvents], closed: Collection[int]
) -> tuple[tuple[DeliveryEvents, ...], list[DeliveryEvent]]:
    """Whatever is told of the others changes nothing any more."""
    left = [
        tuple(event for event in message.events if event.mailing_id not in closed)
        for message in messages
    ]
    kept = [m.model_copy(update={"events": e}) for m, e in zip(messages, left, strict=True)]
    return tuple(kept), [event for events in left for event in events]


async def receipts_given(ports: Ports, *messages: ReceiptsGiven) -> None:
    """Keeps them in one transaction, and applies those that count already."""
    await settle_receipts(
        ports,
        [
            Receipt(id_, Status(status), at.astimezone(UTC), reason, message.provider)
            for message in messages
            for id_, status, at, reason in message.rows()
        ],
    )


async def settle_receipts(ports: Ports, told: Sequence[Receipt]) -> None:
    ids = {receipt.message_id for receipt in told}
    mailings = await ports.books.mailings_of(ids)
    async with ports.books.open(mailings) as page:
        # Of a mailing that was heard of a moment ago the books are not open: these wait.
        written = set(mailings) - set(page.closed)
        standings = await page.standings(ids)
        known = {id_: one for id_, one in standings.items() if one.mailing_id in written}
        settled = settle(known, await page.receipts(ids), told)
        if settled.change.changed:
            await page.enter(settled.change, ())
        await page.put_receipts(settled.receipts, ports.clock.now())
        due = await page.add_up()
    ports.meters.receipts(settled)
    await announce(ports, due)


class WaitingReceipts:
    """Goes round all that wait, so many of them at a time, and applies those that count by now."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._after = 0

    async def look(self) -> None:
        for _ in range(PAGES_AT_ONCE):
            ripe, last = await self._ports.books.waiting(self._after, RECEIPTS_AT_ONCE)
            if ripe:
                await settle_receipts(self._ports, ripe)
            self._after = last or 0
            if last is None:
                return


async def forget_receipts(upkeep: Upkeep, meters: Meters, clock: Clock) -> None:
    meters.receipts_forgotten(await upkeep.forget_receipts(clock.now() - KEEP_WAITING))


async def waves_planned(ports: Ports, message: WavesPlanned) -> None:
    async with ports.books.open([message.mailing_id]) as page:
        if page.closed:
            return
        await page.plan(message)
        await page.add_up()


async def mailing_emitted(ports: Ports, message: MailingEmitted) -> None:
    async with ports.books.open([message.mailing_id]) as page:
        if page.closed:
            return
        await page.emitted(message)
        due = await page.add_up()
    await announce(ports, due)
    if not due:
        await say_again(ports, message)


async def say_again(ports: Ports, message: MailingEmitted) -> None:
    """Whoever tells us of an end that we have declared has not heard of it."""
    at = await ports.books.finished_at(message.mailing_id, message.revision)
    if at is not None:
        ids = {"mailing_id": message.mailing_id, "revision": message.revision}
        await ports.announcer.finished(MailingFinished(**ids, at=at))


async def messages_forgotten(ports: Ports, message: MessagesForgotten) -> None:
    async with ports.books.open([message.mailing_id]) as page:
        if page.closed:
            return
        await page.forget(message)
        due = await page.add_up()
    await announce(ports, due)


async def messages_closed(ports: Ports, message: MessagesClosed) -> None:
    async with ports.books.open([message.mailing_id]) as page:
        await page.close(message.mailing_id, ports.clock.now())


async def calls_in_flight(ports: Ports, message: CallsInFlight) -> None:
    ports.in_flight.renew(message)


async def announce(ports: Ports, ended: Iterable[Due]) -> None:
    """Announces first and marks then: a crash in between announces again, which changes nothing.

    Raises ConnectionError while the broker does not confirm; the mailing stays due.
    """
    for due in ended:
        now = ports.clock.now()
        ids = {"mailing_id": due.mailing_id, "revision": due.revision}
        await ports.announcer.finished(MailingFinished(**ids, at=now))
        await ports.books.mark_finished(due, now)
        log.info("Every message of the mailing is at an end", extra=facts("finish", **ids))


async def announce_all(ports: Ports) -> None:
    """What a crash may have left unannounced."""
    await announce(ports, await ports.books.due())


async def audit(upkeep: Upkeep, meters: Meters, clock: Clock, every: timedelta) -> None:
    """Looks twice as far back as the last audit, so that none falls between two."""
    wrong = await upkeep.out_of_balance(clock.now() - 2 * every)
    meters.out_of_balance(len(wrong))
    for mailing_id in wrong:
        log.error("The books do not balance", extra=facts("audit", mailing_id=mailing_id))


async def look_for_overdue(upkeep: Upkeep, meters: Meters, clock: Clock) -> None:
    meters.overdue(await upkeep.overdue(clock.now() - OVERDUE))


async def forget_pace(upkeep: Upkeep, clock: Clock) -> None:
    await upkeep.forget_pace(clock.now() - KEEP_PACE)


async def forget_calls(retention: Retention, clock: Clock, days: int) -> None:
    """Of every mailing that ended so many days ago, a little at a time."""
    now = clock.now()
    while (mailing_id := await retention.ended_before(now - timedelta(days=days))) is not None:
        last: int | None = 0
        while last is not None:
            last = await retention.forget_calls(mailing_id, last, FORGET_AT_ONCE)
        await retention.calls_forgotten(mailing_id, now)
        ids = {"mailing_id": mailing_id}
        log.info("Its calls are not kept any longer", extra=facts("calls_forgotten", **ids))


async def forget_messages(retention: Retention) -> None:
    """Of every mailing that is closed, a little at a time."""
    while (mailing_id := await retention.closed()) is not None:
        while await retention.forget_messages(mailing_id, FORGET_AT_ONCE):
            pass
        ids = {"mailing_id": mailing_id}
        log.info("Its messages are not kept any longer", extra=facts("closed", **ids))


Handler = Callable[[Any], Awaitable[None]]


def handlers(ports: Ports) -> Mapping[type[Message], Handler]:
    return {
        DeliveryEvents: lambda message: deliveries(ports, message),
        ReceiptsGiven: lambda message: receipts_given(ports, message),
        CallsInFlight: lambda message: calls_in_flight(ports, message),
        MessagesForgotten: lambda message: messages_forgotten(ports, message),
        MessagesClosed: lambda message: messages_closed(ports, message),
        WavesPlanned: lambda message: waves_planned(ports, message),
        MailingEmitted: lambda message: mailing_emitted(ports, message),
    }
