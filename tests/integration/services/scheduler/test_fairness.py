"""Who goes first: urgent mailings at once, equal ones side by side, nobody faster than they may."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

from services.scheduler.adapters.directory import PostgresDirectory
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.progress import MailingEmitted
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, mailing
from tests.support.tap import PATIENCE, Tap


async def everybody(world: World, count: int, tag: str, first: int = 1) -> None:
    """So many clients with this tag, without the way over the broker."""
    directory = PostgresDirectory(world.engine)
    for start in range(first, first + count, 2_000):
        numbers = range(start, min(start + 2_000, first + count))
        await directory.apply([client(n, tags=(tag,)) for n in numbers], {})


def taken(tap: Tap, key: str) -> int:
    """Without a look inside: thousands are looked at once, not at each arrival."""
    return sum(1 for routing_key, _ in tap.taken if routing_key == key)


async def side_by_side(world: World, other_priority: str) -> Counter[int]:
    """Commands of mailings 1 (normal) and 2 until half of all are sent; both open together."""
    await everybody(world, 10_000, "both")
    opens_at = datetime.now(UTC) + timedelta(seconds=2)
    async with world.listening() as tap, world.scheduler():
        await world.event(
            mailing(1, starts_at=opens_at), mailing(2, starts_at=opens_at, priority=other_priority)
        )
        await tap.until(lambda: taken(tap, "sms") >= 100)
    return Counter(e.mailing_id for e in world.envelopes()[:100] for _ in e.commands)


async def test_two_big_mailings_keep_side_by_side(world: World) -> None:
    commands = await side_by_side(world, "normal")
    assert 0.8 <= commands[2] / commands[1] <= 1.25


async def test_a_bulk_mailing_gets_about_a_quarter_of_a_normal_one(world: World) -> None:
    commands = await side_by_side(world, "bulk")
    assert 0.15 <= commands[2] / commands[1] <= 0.4


async def test_an_urgent_mailing_does_not_wait_for_a_bulk_one(world: World) -> None:
    await everybody(world, 60_000, "bulk")
    await everybody(world, 10, "urgent", first=100_001)
    bulk = mailing(1, priority="bulk", filter={"tags": ["bulk"]})
    urgent = mailing(2, priority="urgent", filter={"tags": ["urgent"]})
    async with world.listening() as tap, world.scheduler():
        await world.event(bulk)
        await tap.until(lambda: taken(tap, "sms") > 10)
        launched_at = datetime.now(UTC)
        await world.event(urgent)
        await tap.until(lambda: taken(tap, "sms.urgent") > 0)
        waited = datetime.now(UTC) - launched_at
        assert len(world.commands(1)) < 60_000
    assert len(world.envelopes(urgent=True)[0].commands) == 10
    assert waited.total_seconds() < 2


async def test_a_mailing_keeps_to_its_rate_until_a_change_lets_it_go(world: World) -> None:
    await everybody(world, 1_000, "all")
    async with world.listening() as tap, world.scheduler():
        await world.event(mailing(1, rate_per_second=50))
        await tap.until(lambda: len(world.commands()) >= 120)
        await world.event(mailing(1, revision=2))
        await tap.until(lambda: len(world.commands()) == 1_000)
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
    queued = [(m.events[0].at, len(m.events)) for m in tap.of("delivery.queued", DeliveryEvents)]
    slow = [(at, n) for (at, n), e in zip(queued, world.envelopes(), strict=False) if n <= 60]
    first, last = slow[0][0], slow[-1][0]
    sent = sum(n for _, n in slow)
    assert sent >= 120
    # Little more than a second's worth ahead of the rate, at any time.
    assert sent <= 50 * (last - first).total_seconds() + 60


async def test_the_pace_of_senders_that_are_kept_busy_is_written_down(world: World) -> None:
    await everybody(world, 20_000, "all")
    written = "SELECT count(*) FROM pace WHERE channel = 'sms' AND per_second > 100"
    async with world.listening(), world.scheduler(), asyncio.timeout(PATIENCE):
        await world.event(*(mailing(n) for n in range(1, 6)))
        while not await world.count(written):  # noqa: ASYNC110 - a row comes without an event
            await asyncio.sleep(0.1)
