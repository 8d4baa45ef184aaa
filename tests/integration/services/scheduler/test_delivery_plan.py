"""What the scheduler hands out, to whom and when."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.base import Message
from shared.contracts.delivery import DeliveryEvents
from shared.contracts.directory import ClientsChanged
from shared.contracts.progress import MailingEmitted, MailingStarted, WavesPlanned
from shared.contracts.topology import API_PROGRESS, STATS_EVENTS
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import added, client, clients, mailing

ZONES = ("Europe/Moscow", "Asia/Tokyo", "America/New_York")


def across_zones(count: int) -> ClientsChanged:
    return ClientsChanged(
        clients=tuple(client(n, timezone=ZONES[n % len(ZONES)]) for n in range(1, count + 1))
    )


async def test_a_launch_right_after_an_import_reaches_everybody_once(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(across_zones(500), added(range(501, 1201)), mailing(1))
        await tap.until(lambda: len(world.commands()) >= 1200)
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
    reached = Counter(command.client_id for command in world.commands())
    assert reached == Counter(range(1, 1201))
    assert len({command.message_id for command in world.commands()}) == 1200
    assert all(len({c.client_id for c in e.commands}) <= 100 for e in world.envelopes())
    assert tap.of("progress.emitted", MailingEmitted)[0].messages == 1200
    assert tap.of("progress.started", MailingStarted)


async def test_the_books_hear_of_waves_and_of_every_message(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(across_zones(30), mailing(1))
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
        await tap.until(
            lambda: sum(len(e.events) for e in tap.of("delivery.queued", DeliveryEvents)) == 30
        )
    planned = tap.of("progress.planned", WavesPlanned)[0]
    assert {wave.timezone: wave.size for wave in planned.waves} == dict.fromkeys(ZONES, 10)


async def test_the_first_command_leaves_within_a_second_of_the_opening(world: World) -> None:
    opens_at = datetime.now(UTC) + timedelta(seconds=1.5)
    async with world.listening() as tap, world.scheduler():
        await world.event(across_zones(30), mailing(1, starts_at=opens_at))
        await tap.until(lambda: bool(tap.of("progress.planned", WavesPlanned)))
        assert not world.commands()
        await tap.until(lambda: bool(world.commands()))
        late = datetime.now(UTC) - opens_at
    assert timedelta(0) <= late < timedelta(seconds=1)


async def test_a_zone_without_a_window_is_expired_from_the_start(world: World) -> None:
    now = datetime.now(UTC)
    moscow = now + timedelta(hours=3)
    window = {"from": f"{moscow:%H}:00", "to": f"{moscow + timedelta(hours=1):%H}:00"}
    if window["to"] == "00:00":
        window["to"] = "24:00"
    async with world.listening() as tap, world.scheduler():
        # The mailing lasts a minute: Tokyo's hour is six hours away from Moscow's.
        await world.event(
            across_zones(9),
            mailing(1, window=window, ends_at=now + timedelta(seconds=60)),
        )
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
        await tap.until(lambda: bool(tap.of("delivery.expired", DeliveryEvents)))
    first = {wave.timezone: wave for wave in tap.of("progress.planned", WavesPlanned)[0].waves}
    assert first["Asia/Tokyo"].rest == "expired"
    assert first["Asia/Tokyo"].reason == "window_passed"
    assert first["Europe/Moscow"].rest == "waiting"
    assert {e.timezone for m in tap.of("delivery.expired", DeliveryEvents) for e in m.events} == {
        "Asia/Tokyo",
        "America/New_York",
    }
    assert {envelope.timezone for envelope in world.envelopes()} == {"Europe/Moscow"}


async def test_only_the_audience_is_contacted(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(
            clients(range(1, 6), tags=("gold",)),
            clients(range(6, 11), tags=("silver", "old")),
            clients(range(11, 16)),
            clients([16], tags=("gold",), deleted=True),
            mailing(1, filter={"tags": ["gold", "old"], "operator_codes": ["901", "907", "912"]}),
        )
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
    assert {command.client_id for command in world.commands()} == {1, 7}


async def test_without_senders_no_more_is_emitted_than_a_few_envelopes(world: World) -> None:
    async with world.listening((STATS_EVENTS, API_PROGRESS)) as tap, world.scheduler():
        await world.event(*(clients(range(n, n + 500)) for n in range(1, 5000, 500)), mailing(1))
        await tap.until(lambda: bool(tap.of("progress.started", MailingStarted)))
        await tap.until(lambda: bool(tap.of("delivery.queued", DeliveryEvents)))
        async with world.listening():
            pass
    assert await world.count("SELECT count(*) FROM message") <= 1000


async def test_a_small_mailing_does_not_wait_for_a_large_one(world: World) -> None:
    big = [clients(range(n, n + 500), tags=("big",)) for n in range(1, 10_000, 500)]
    small = clients(range(10_001, 10_011), tags=("small",))
    async with world.listening() as tap, world.scheduler():
        await world.event(*big, small, mailing(1, filter={"tags": ["big"]}))
        await tap.until(lambda: bool(world.commands(1)))
        await world.event(mailing(2, filter={"tags": ["small"]}))
        await tap.until(lambda: len(world.commands(2)) == 10)
        assert len(world.commands(1)) < 10_000


@pytest.mark.parametrize("told_of", [clients, added])
async def test_a_zone_that_appears_after_the_launch_gets_a_wave(
    world: World, told_of: Callable[..., Message]
) -> None:
    opens_at = datetime.now(UTC) + timedelta(seconds=1)
    async with world.listening() as tap, world.scheduler():
        await world.event(
            clients([1]), mailing(1, starts_at=opens_at), told_of([2], timezone="Asia/Tokyo")
        )
        await tap.until(lambda: len(world.commands()) == 2)
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
    assert tap.of("progress.emitted", MailingEmitted)[0].messages == 2


async def test_urgent_mailings_have_their_own_lane(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(clients([1]), mailing(1, priority="urgent"))
        await tap.until(lambda: bool(world.envelopes(urgent=True)))
    assert not world.envelopes()
