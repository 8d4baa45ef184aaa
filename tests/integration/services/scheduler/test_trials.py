"""A text is tried at once, whatever else is going on."""

from datetime import UTC, datetime, timedelta

from shared.contracts.delivery import DeliveryEvents
from shared.contracts.trials import Trial, TrialsRequested
from tests.integration.services.scheduler.conftest import World

HELLO = Trial(message_id=7, address="79990001122", text="Hello Olga")


def requested(minutes: int) -> TrialsRequested:
    now = datetime.now(UTC)
    return TrialsRequested(
        requested_at=now, not_after=now + timedelta(minutes=minutes), trials=(HELLO,)
    )


async def test_a_trial_goes_through_the_urgent_lane_and_leaves_no_trace(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(requested(minutes=10))
        await tap.until(lambda: bool(tap.of("delivery.queued", DeliveryEvents)))
        await tap.until(lambda: bool(world.envelopes(urgent=True)))
    (envelope,) = world.envelopes(urgent=True)
    assert [(c.message_id, c.address, c.text) for c in envelope.commands] == [
        (7, "79990001122", "Hello Olga")
    ]
    assert await world.count("SELECT count(*) FROM message") == 0


async def test_a_trial_nobody_waits_for_any_more_expires(world: World) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(requested(minutes=-1))
        await tap.until(lambda: bool(tap.of("delivery.expired", DeliveryEvents)))
    assert not world.envelopes(urgent=True)
    assert tap.of("delivery.expired", DeliveryEvents)[0].events[0].reason == "window_passed"
