"""Late launches, outages, pauses: nobody hears from us at an hour nobody meant."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.handlers.planning import Planner
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import WavesPlanned
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import clients, mailing
from tests.support.house import eventually

DAY = timedelta(days=1)
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
NOON = TEN.replace(hour=12)
WINDOW = {"from": "10:00", "to": "20:00"}
TODAY: dict[str, Any] = {"starts_at": TEN - DAY, "ends_at": TEN + DAY, "window": WINDOW}
TWO_DAYS = TODAY | {"ends_at": TEN + 2 * DAY}
PEOPLE = clients(range(1, 21), timezone="UTC")


async def opens_at(world: World) -> datetime | None:
    """When the newest news says that the only wave opens."""
    await world.tap.until(lambda: bool(world.tap.of("progress.planned", WavesPlanned)))
    return world.tap.of("progress.planned", WavesPlanned)[-1].waves[0].opens_at


async def test_a_late_launch_waits_for_the_next_window(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.at(NOON)
        await world.event(PEOPLE, mailing(1, **TWO_DAYS, max_lateness=60))
        assert await opens_at(world) == TEN + DAY
        assert not world.commands()
        await world.at(TEN + DAY)
        assert await world.emitted() == 20
    assert set(world.reached().values()) == {1}


async def test_a_launch_within_the_lateness_goes_out_at_once(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.at(NOON)
        await world.event(PEOPLE, mailing(1, **TODAY, max_lateness=121))
        assert await world.emitted() == 20
    assert len(world.reached()) == 20


async def test_without_a_next_window_a_late_launch_expires_from_the_start(world: World) -> None:
    async with world.listening(), world.scheduler():
        await world.at(NOON)
        await world.event(PEOPLE, mailing(1, **TODAY, max_lateness=60))
        assert await world.emitted() == 20
        await world.tap.until(lambda: len(world.told("expired")) == 20)
    wave = world.tap.of("progress.planned", WavesPlanned)[0].waves[0]
    assert (wave.rest, wave.reason) == ("expired", "too_late")
    assert {event.reason for event in world.told("expired")} == {"too_late"}
    assert not world.commands()


async def after_an_outage(world: World, plan: MailingChanged) -> None:
    """Planned at nine; nobody is there at ten; somebody is at noon."""
    async with world.listening(), world.scheduler():
        await world.at(TEN - timedelta(hours=1))
        await world.event(PEOPLE, plan)
        assert await opens_at(world) == TEN
    await world.at(NOON)


async def test_an_outage_is_caught_up_inside_the_window(world: World) -> None:
    await after_an_outage(world, mailing(1, **TODAY))
    async with world.listening(), world.scheduler():
        assert await world.emitted() == 20
        assert set(world.reached().values()) == {1}
        assert {e.not_after for e in world.envelopes()} == {TEN.replace(hour=20)}


async def test_an_outage_longer_than_the_lateness_expires_with_its_reason(world: World) -> None:
    await after_an_outage(world, mailing(1, **TODAY, max_lateness=60))
    async with world.listening(), world.scheduler():
        assert await world.emitted() == 20
        await world.tap.until(lambda: len(world.told("expired")) == 20)
        assert {event.reason for event in world.told("expired")} == {"too_late"}
        assert not world.commands()


async def test_an_outage_past_the_window_waits_for_tomorrow(world: World) -> None:
    await after_an_outage(world, mailing(1, **TWO_DAYS))
    await world.at(TEN.replace(hour=21))
    async with world.listening(), world.scheduler():
        assert await opens_at(world) == TEN + DAY
        assert not world.commands()
        await world.at(TEN + DAY)
        assert await world.emitted() == 20


async def test_a_wave_that_senders_keep_from_beginning_is_late_although_it_is_open(
    world: World,
) -> None:
    planner = Planner(PostgresDirectory(world.engine), PostgresPlans(world.engine), world.clock)
    await world.at(TEN)
    await planner.on_clients_changed(PEOPLE)
    await planner.on_mailing_changed(mailing(1, **TODAY, max_lateness=60))
    await planner.move_due_waves()
    assert await world.count("SELECT count(*) FROM wave WHERE phase = 'open'") == 1
    await world.at(TEN + timedelta(minutes=61))
    assert await planner.move_due_waves()
    too_late = "SELECT count(*) FROM wave WHERE phase = 'settling' AND reason = 'too_late'"
    assert await world.count(too_late) == 1
    assert not await planner.move_due_waves()


async def paused_half_way(world: World, **changes: Any) -> None:
    """Launched at ten at five a second, paused after the first commands."""
    await world.at(TEN)
    await world.event(PEOPLE, mailing(1, **TODAY, rate_per_second=5, **changes))
    await world.tap.until(lambda: bool(world.commands()))
    await world.event(mailing(1, 2, "paused", **TODAY, rate_per_second=5, **changes))
    await paused(world)
    assert 0 < len(world.reached()) < 20


async def paused(world: World) -> None:
    query = "SELECT count(*) FROM mailing WHERE state = 'paused'"
    await eventually(lambda: world.count(query), 10, every=0.02)
    seen = len(world.commands())
    await asyncio.sleep(1)
    assert len(world.commands()) == seen


async def test_resume_sends_exactly_the_rest(world: World) -> None:
    async with world.listening(), world.scheduler():
        await paused_half_way(world)
        await world.event(mailing(1, 3, **TODAY))
        assert await world.emitted(3) == 20
    assert world.reached() == dict.fromkeys(range(1, 21), 1)


async def test_a_wave_that_had_begun_goes_on_after_a_pause_longer_than_the_lateness(
    world: World,
) -> None:
    async with world.listening(), world.scheduler():
        await paused_half_way(world, max_lateness=60)
        await world.at(NOON)
        await world.event(mailing(1, 3, **TODAY, max_lateness=60))
        assert await world.emitted(3) == 20
    assert world.reached() == dict.fromkeys(range(1, 21), 1)


async def test_what_a_pause_lets_pass_expires(world: World) -> None:
    async with world.listening(), world.scheduler():
        await paused_half_way(world)
        sent = len(world.reached())
        await world.at(TEN.replace(hour=21))
        await world.event(mailing(1, 3, **TODAY))
        assert await world.emitted(3) == 20
        await world.tap.until(lambda: len(world.told("expired")) == 20 - sent)
        reasons = [event.reason for event in world.told("expired")]
    assert len(world.reached()) == sent
    assert reasons == ["window_passed"] * (20 - sent)
