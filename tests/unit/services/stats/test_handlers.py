"""What the handlers do beside the books."""

from datetime import timedelta

from services.stats.handlers import (
    announce_all,
    calls_in_flight,
    deliveries,
    handlers,
)
from shared.contracts.delivery import CallsInFlight, DeliveryEvents, InFlight
from shared.contracts.progress import MailingEmitted, MailingFinished, WavesPlanned
from tests.unit.services.stats.examples import START, batch, event, wave, waves
from tests.unit.services.stats.fakes import FakeAnnouncer, FakeMeters, ports
from tests.unit.services.stats.memory import MemoryBooks


async def test_every_message_has_its_handler() -> None:
    world = ports(MemoryBooks(), announcer := FakeAnnouncer())
    by_message = handlers(world)
    await by_message[WavesPlanned](waves(wave(1)))
    await by_message[DeliveryEvents](batch(event("sent")))
    await by_message[MailingEmitted](MailingEmitted(mailing_id=7, revision=3, messages=1))
    await by_message[CallsInFlight](CallsInFlight(sender="a", at=START, mailings=()))
    assert announcer.announced == [MailingFinished(mailing_id=7, revision=3, at=START)]


async def test_repeated_events_are_counted_as_such() -> None:
    world = ports(MemoryBooks())
    for _ in range(2):
        await deliveries(world, batch(event("sent"), event("sent", 2)))
    assert isinstance(world.meters, FakeMeters)
    assert (world.meters.applied, world.meters.stale) == (2, 2)


async def test_calls_under_way_are_kept_in_memory() -> None:
    world = ports(MemoryBooks())
    entry = InFlight(mailing_id=7, calls=12)
    await calls_in_flight(world, CallsInFlight(sender="a", at=START, mailings=(entry,)))
    assert world.in_flight.calls(7, START + timedelta(seconds=1)) == 12


async def test_an_end_that_a_crash_left_unannounced_is_found_later() -> None:
    books = MemoryBooks()
    async with books.open([7]) as page:
        await page.emitted(MailingEmitted(mailing_id=7, revision=1, messages=0))
    world = ports(books, announcer := FakeAnnouncer())
    await announce_all(world)
    await announce_all(world)
    assert len(announcer.announced) == 1
