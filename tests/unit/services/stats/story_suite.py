"""What any books know of a single message. Subclasses bring the ``world``."""

import random
from datetime import timedelta

import pytest

from services.stats.domain.books import audience
from services.stats.handlers import deliveries, waves_planned
from services.stats.ports import MessageStory
from shared.contracts.delivery import DeliveryEvent
from shared.contracts.statuses import Status
from tests.unit.services.stats.examples import (
    START,
    ZONES,
    batch,
    batches,
    event,
    opening,
    wave,
    waves,
)
from tests.unit.services.stats.suite import World

SHA256 = "ab" * 32


async def story_of(world: World, message_id: int = 1) -> MessageStory:
    story = await world.reports.message(message_id)
    assert story is not None
    return story


class StorySuite:
    async def test_nothing_is_known_of_a_stranger(self, world: World) -> None:
        assert await world.reports.message(404) is None

    async def test_a_message_without_a_call(self, world: World) -> None:
        await world.hear(event("expired", reason="too_late"))
        story = await story_of(world)
        assert (story.standing.status, story.standing.reason) == (Status.EXPIRED, "too_late")
        assert list(story.calls) == []

    async def test_a_call_with_its_grounds_and_the_hash_of_its_text(self, world: World) -> None:
        sent = event("sent", grounds=0, text_sha256=SHA256, latency_ms=40, http_status=200)
        await deliveries(world.ports, batch(sent, grounds=(opening(),)))
        (call,) = (await story_of(world)).calls
        assert (call.at, call.kind) == (START, "sent")
        assert (call.latency_ms, call.http_status, call.text_sha256) == (40, 200, SHA256)
        assert call.grounds == opening()
        assert call.grounds.opens_at.utcoffset() == timedelta(hours=3)

    async def test_a_clock_change_within_the_window_keeps_both_offsets(self, world: World) -> None:
        night = opening(
            timezone="Europe/Berlin",
            opens_at="2026-03-28T22:00:00+01:00",
            closes_at="2026-03-29T06:00:00+02:00",
        )
        await deliveries(world.ports, batch(event("sent", grounds=0), grounds=(night,)))
        (call,) = (await story_of(world)).calls
        assert call.grounds is not None
        assert call.grounds.opens_at.isoformat() == "2026-03-28T22:00:00+01:00"
        assert call.grounds.closes_at.isoformat() == "2026-03-29T06:00:00+02:00"

    async def test_calls_stand_in_their_order_whatever_order_they_came_in(
        self, world: World
    ) -> None:
        later = START + timedelta(seconds=5)
        await world.hear(
            event("sent", dispatch=2),
            event("retrying", attempt=2),
            event("returned", attempt=3),
            event("retrying", at=later),
            event("retrying", reason="throttled"),
        )
        calls = (await story_of(world)).calls
        assert [(call.dispatch, call.attempt, call.kind) for call in calls] == [
            (1, 1, "retrying"),
            (1, 1, "retrying"),
            (1, 2, "retrying"),
            (1, 3, "returned"),
            (2, 1, "sent"),
        ]

    async def test_each_call_is_kept_that_used_up_no_attempt(self, world: World) -> None:
        """A throttled call is made again as the same attempt: their events differ in time alone."""
        throttled = [event("retrying", at=START + timedelta(seconds=n)) for n in range(3)]
        await world.hear(*throttled, *throttled)
        assert [call.at for call in (await story_of(world)).calls] == [
            each.at for each in throttled
        ]

    async def test_grounds_of_many_messages_told_again_and_again(self, world: World) -> None:
        revisions = [opening(text_revision=number) for number in (1, 2)]
        for places in ((0, 1), (1, 0), (0, 1)):
            grounds = tuple(revisions[place] for place in places)
            events = [event("sent", number, grounds=places.index(number)) for number in (0, 1)]
            await deliveries(world.ports, batch(*events, grounds=grounds))
        for number in (0, 1):
            (call,) = (await story_of(world, number)).calls
            assert call.grounds == revisions[number]

    async def test_a_revived_message_moves_rightly(self, world: World) -> None:
        await world.hear(event("expired", reason="window_passed"))
        assert await world.by_status() == {Status.EXPIRED: 1}
        await world.hear(event("queued", dispatch=2))
        assert await world.by_status() == {Status.QUEUED: 1}
        await world.hear(event("sent", dispatch=2), event("expired", reason="window_passed"))
        assert await world.by_status() == {Status.SENT: 1}
        standing = (await story_of(world)).standing
        assert (standing.dispatch, standing.reason) == (2, None)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    async def test_the_books_of_a_mailing_that_is_taken_up_again_balance_throughout(
        self, world: World, seed: int
    ) -> None:
        """Whatever order its history is heard in, everybody stands somewhere, once."""
        await waves_planned(world.ports, waves(wave(15), wave(15, timezone=ZONES[1])))
        heard = [one for number in range(30) for one in _revived(number)]
        random.Random(seed).shuffle(heard)
        for several in batches(heard):
            await deliveries(world.ports, several)
            assert audience(await world.by_status()) == 30
        assert await world.by_status() == {Status.SENT: 20, Status.CANCELLED: 10}

    async def test_trials_are_told_of_and_are_in_nobodys_books(self, world: World) -> None:
        await world.hear(
            event("sent", 2), event("queued", mailing_id=0), event("sent", mailing_id=0)
        )
        story = await story_of(world)
        assert (story.standing.mailing_id, story.standing.status) == (0, Status.SENT)
        assert [call.kind for call in story.calls] == ["sent"]
        assert audience(await world.reports.everything()) == 1
        assert await world.reports.sent_by_second(0, START) == {}


def _revived(number: int) -> list[DeliveryEvent]:
    """Ended, taken up again by a change of the mailing, and ended for good."""
    zone = {"timezone": ZONES[number % 2]}
    first = event("expired", number, reason="window_passed", **zone)
    held = event("planned", number, dispatch=2, **zone)
    queued = event("queued", number, dispatch=2, **zone)
    if number % 3 == 0:
        return [first, held, event("cancelled", number, dispatch=2, **zone)]
    return [first, held, queued, event("sent", number, dispatch=2, **zone)]
