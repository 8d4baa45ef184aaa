"""What a person decided about messages that ended: sent again once, or resolved once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

import pytest

from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.messages import PostgresMessages
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.adapters.replays import PostgresReplays
from services.scheduler.handlers.emission import Emitter
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.replaying import Moved, Replays
from services.scheduler.handlers.returning import Returns
from shared.contracts.base import Message
from shared.contracts.commands import SendCommand, SendMessages
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import MailingEmitted
from shared.contracts.replays import MessagesReplayed, MessagesResolved, Replay, Resolved
from shared.domain.message_id import MessageIds
from shared.runtime.broker import PublishFailed
from tests.integration.services.scheduler.conftest import World
from tests.integration.services.scheduler.test_crashes import Roomy
from tests.support.examples import clients, mailing

HOUR = timedelta(hours=1)
SAID = "The bells ring"


def sha256_of(said: str) -> str:
    return sha256(said.encode()).hexdigest()


class Launch:
    """A mailing that was sent to some clients, in any revision that a test wants it to have."""

    def __init__(self, world: World, **facts: Any) -> None:
        now = datetime.now(UTC).replace(microsecond=0)
        self.world = world
        self.ends_at = now + HOUR
        self.facts = {"starts_at": now - HOUR, "ends_at": self.ends_at, "text": SAID} | facts
        self.first: dict[int, SendCommand] = {}

    def revised(self, revision: int, state: str = "scheduled", **changes: Any) -> MailingChanged:
        return mailing(1, revision, state, **(self.facts | changes))

    async def sent_to(self, *numbers: int) -> None:
        await self.world.event(clients(numbers), self.revised(1))
        assert await self.world.emitted() == len(numbers)
        self.first = {command.client_id: command for command in self.world.commands()}

    def replayed(
        self,
        *numbers: int,
        dispatch: int = 1,
        said: str | None = None,
        ends_at: datetime | None = None,
        revision: int = 2,
    ) -> MessagesReplayed:
        """``said``: what a call said that may have been accepted."""
        messages = tuple(
            Replay(
                message_id=self.first[number].message_id,
                dispatch=dispatch,
                text_sha256=None if said is None else sha256_of(said),
            )
            for number in numbers
        )
        return MessagesReplayed(mailing_id=1, revision=revision, ends_at=ends_at, messages=messages)

    def resolved(
        self, number: int, end: Literal["sent", "failed"], dispatch: int = 1
    ) -> MessagesResolved:
        named = Resolved(message_id=self.first[number].message_id, dispatch=dispatch)
        document = {"mailing_id": 1, "at": self.facts["starts_at"], "as": end, "messages": (named,)}
        return MessagesResolved.model_validate(document)

    def returned(self, number: int, **facts: Any) -> DeliveryEvents:
        command = self.first[number]
        event = DeliveryEvent(
            message_id=command.message_id,
            mailing_id=1,
            client_id=number,
            timezone="Europe/Moscow",
            dispatch=1,
            attempt=1,
            kind="returned",
            at=datetime.now(UTC),
            **({"reason": "gate_moved"} | facts),
        )
        return DeliveryEvents(kind="returned", events=(event,))

    def again(self, dispatch: int = 2) -> list[SendMessages]:
        """Envelopes with commands of that dispatch."""
        envelopes = self.world.envelopes()
        return [e for e in envelopes if any(c.dispatch == dispatch for c in e.commands)]

    def ends(self, revision: int) -> list[MailingEmitted]:
        """Stats and the api are told the same."""
        told = dict.fromkeys(self.world.tap.of("progress.emitted", MailingEmitted))
        return [each for each in told if each.revision == revision]


async def test_a_message_is_sent_again_by_the_revision_it_waits_for(world: World) -> None:
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.event(launch.replayed(1))
        await world.heard()
        assert not launch.again()
        assert await world.count("SELECT count(*) FROM message WHERE state = 'held'") == 1
        await world.event(launch.revised(2, text="New words"))
        await tap.until(lambda: bool(launch.again() and launch.ends(2)))
    [again] = launch.again()
    [command] = again.commands
    assert (again.text, again.mailing_revision) == ("New words", 2)
    assert command.message_id == launch.first[1].message_id
    assert (command.client_id, command.dispatch, command.attempt) == (1, 2, 1)
    # Two of the first dispatch, and one that was brought back.
    assert [(end.messages, end.dispatches) for end in launch.ends(2)] == [(2, 3)]
    assert [end.dispatches for end in launch.ends(1)] == [None]


async def test_what_is_asked_for_twice_is_sent_again_once(world: World) -> None:
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.event(launch.replayed(1), launch.replayed(1, 2), launch.revised(2))
        await tap.until(lambda: bool(launch.ends(2)))
        await world.event(launch.replayed(1, 2, revision=3), launch.revised(3))
        await tap.until(lambda: bool(launch.ends(3)))
    assert world.reached() == {1: 2, 2: 2}
    assert [end.dispatches for end in launch.ends(3)] == [4]


async def test_a_deadline_of_its_own_is_for_the_message_alone(world: World) -> None:
    """The mailing is over; of two whom it did not reach one is wanted again."""
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.at(launch.ends_at + HOUR)
        await world.event(launch.returned(2))
        await tap.until(lambda: bool(world.told("expired")))
        later = launch.ends_at + 3 * HOUR
        await world.event(launch.replayed(1, ends_at=later), launch.revised(2))
        await tap.until(lambda: bool(launch.again() and launch.ends(2)))
    [again] = launch.again()
    assert [command.client_id for command in again.commands] == [1]
    assert again.not_after == later
    assert again.grounds is not None
    assert again.grounds.closes_at == later
    assert [event.client_id for event in world.told("expired")] == [2]


async def test_a_deadline_of_its_own_that_passes_ends_it_again(world: World) -> None:
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.at(launch.ends_at + 2 * HOUR)
        passed = launch.ends_at + HOUR
        await world.event(launch.replayed(1, ends_at=passed))
        await world.event(launch.replayed(2, ends_at=passed, said=SAID), launch.revised(2))
        await tap.until(lambda: bool(world.told("expired") and world.told("unknown")))
        [expired], [unknown] = world.told("expired"), world.told("unknown")
        assert (expired.client_id, expired.dispatch, expired.reason) == (1, 2, "window_passed")
        assert (unknown.client_id, unknown.dispatch, unknown.reason) == (2, 2, "window_passed")
        # The mailing gets new hours: they are everybody's who had none left.
        await world.event(launch.revised(3, ends_at=launch.ends_at + 9 * HOUR))
        await tap.until(lambda: world.reached() == {1: 2, 2: 2})
    for envelope in launch.again(dispatch=3):
        assert envelope.not_after == launch.ends_at + 9 * HOUR


class Dying:
    """Publishes nothing: the process is gone before it could. ``sent``: what it was to publish."""

    def __init__(self) -> None:
        self.sent: list[SendMessages] = []

    async def tell(self, message: Message) -> None:
        raise PublishFailed(message.key)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        self.sent += envelopes
        raise PublishFailed("carillon.send")


async def test_a_restart_between_the_hold_and_the_publishing_says_the_same(world: World) -> None:
    """With a deadline of its own and with the mailing's; the batches remember which was which."""
    launch, dying = Launch(world, text="Dear {{ name|default('friend') }}"), Dying()
    later = launch.ends_at + 3 * HOUR
    async with world.listening():
        async with world.scheduler():
            await launch.sent_to(1, 2)
            await world.event(launch.replayed(1, ends_at=later), launch.replayed(2))
            await world.heard()
        # Whoever leads next holds them still, and gets no further than the broker.
        store = PostgresMessages(world.engine, MessageIds(1))
        publishing = Publishing(store, dying, world.clock, per_envelope=100)
        returns = Returns(store, publishing, world.clock)
        emitter = Emitter(store, publishing, returns, Roomy(), world.clock)
        assert await world.count("SELECT count(*) FROM message WHERE state = 'held'") == 2
        planner = Planner(PostgresDirectory(world.engine), PostgresPlans(world.engine), world.clock)
        await planner.on_mailing_changed(launch.revised(2))
        for _ in range(2):
            with pytest.raises(PublishFailed):
                await emitter.emit_round()
        assert await world.count("SELECT count(*) FROM batch") == 2
        async with world.scheduler():
            await world.tap.until(lambda: len(launch.again()) == 2 and bool(launch.ends(2)))
    assert _by_client(launch.again()) == _by_client(dying.sent)
    assert {e.commands[0].client_id: e.not_after for e in dying.sent} == {
        1: later,
        2: launch.ends_at,
    }
    assert world.reached() == {1: 2, 2: 2}
    assert await world.count("SELECT count(*) FROM batch") == 0


def _by_client(envelopes: Sequence[SendMessages]) -> list[SendMessages]:
    return sorted(envelopes, key=lambda envelope: envelope.commands[0].client_id)


async def test_what_may_have_been_accepted_is_sent_again_word_for_word_or_not_at_all(
    world: World,
) -> None:
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.event(launch.replayed(1, said=SAID), launch.replayed(2, said="Other words"))
        await world.event(launch.revised(2))
        await tap.until(lambda: bool(launch.again() and launch.ends(2)))
        assert [command.client_id for e in launch.again() for command in e.commands] == [1]
        [unknown] = world.told("unknown")
        assert (unknown.client_id, unknown.dispatch) == (2, 2)
        assert (unknown.reason, unknown.attempt) == ("text_changed", 0)
        # It may be wanted again, as often as a person likes: it ends the same.
        again = launch.replayed(2, said="Other words", dispatch=2, revision=3)
        await world.event(again, launch.revised(3))
        await tap.until(lambda: len(world.told("unknown")) == 2)
        # Or the mailing says it again.
        last = launch.replayed(2, said="Other words", dispatch=3, revision=4)
        await world.event(last, launch.revised(4, text="Other words"))
        await tap.until(lambda: bool(launch.again(dispatch=4)))
    [envelope] = launch.again(dispatch=4)
    assert (envelope.text, envelope.commands[0].client_id) == ("Other words", 2)


async def test_a_message_is_resolved_once_and_without_a_call(world: World) -> None:
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.event(launch.resolved(1, "sent"), launch.resolved(2, "failed"))
        await world.event(launch.resolved(1, "failed"), launch.resolved(1, "sent"))
        await tap.until(lambda: bool(world.told("sent") and world.told("failed")))
        await world.heard()
        # What surely was not sent may be sent again, whatever it says by now.
        await world.event(launch.replayed(1), launch.replayed(1, 2, dispatch=2))
        await world.event(launch.revised(2, text="New words"))
        await tap.until(lambda: bool(launch.ends(2)))
        await tap.until(lambda: world.reached() == {1: 1, 2: 2})
    [sent], [failed] = world.told("sent"), world.told("failed")
    assert (sent.client_id, sent.dispatch, sent.attempt) == (1, 2, 0)
    assert (sent.reason, sent.at) == ("resolved", launch.facts["starts_at"])
    assert (failed.client_id, failed.dispatch, failed.reason) == (2, 2, "resolved")
    assert [e.text for e in launch.again(dispatch=3)] == ["New words"]
    assert [end.dispatches for end in launch.ends(2)] == [2 + 3]


async def test_a_resolution_that_was_not_told_is_told_by_whoever_is_next(world: World) -> None:
    launch = Launch(world)
    async with world.listening() as tap:
        async with world.scheduler():
            await launch.sent_to(1)
        store = PostgresMessages(world.engine, MessageIds(1))
        publishing = Publishing(store, Dying(), world.clock, per_envelope=100)
        replays = Replays(PostgresReplays(world.engine), publishing, world.clock)
        with pytest.raises(PublishFailed):
            await replays.on_resolved(launch.resolved(1, "sent"))
        await replays.on_resolved(launch.resolved(1, "sent"))  # the broker gives it again
        async with world.scheduler():
            await tap.until(lambda: bool(world.told("sent")))
    assert [event.dispatch for event in world.told("sent")] == [2]


async def test_rows_from_the_ledger_may_be_behind_what_was_seen(world: World) -> None:
    """What was resolved as failed is in nobody's ledger."""
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1)
        await world.event(launch.replayed(1, dispatch=2), launch.revised(2))
        await tap.until(lambda: bool(launch.again(dispatch=3)))
    assert world.reached() == {1: 2}


async def test_strangers_are_named_and_the_others_are_moved(world: World) -> None:
    launch = Launch(world)
    async with world.listening(), world.scheduler():
        await launch.sent_to(1)
    store, now = PostgresReplays(world.engine), datetime.now(UTC)
    known = launch.replayed(1)
    strangers = (Replay(message_id=5, dispatch=1), Replay(message_id=6, dispatch=1))
    asked = known.model_copy(update={"messages": (strangers[0], *known.messages, strangers[1])})
    assert await store.replay(asked, now) == Moved(1, [5, 6])
    assert await store.replay(asked, now) == Moved(0, [5, 6])
    elsewhere = known.model_copy(update={"mailing_id": 2})
    assert await store.replay(elsewhere, now) == Moved(0, [launch.first[1].message_id])
    too_late, batch = await store.resolve(launch.resolved(1, "sent"))
    assert (too_late.messages, batch) == (0, None)


async def test_a_paused_mailing_sends_nothing_again_until_it_is_resumed(world: World) -> None:
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1)
        await world.event(launch.revised(2, "paused"))
        await world.event(launch.replayed(1, revision=3), launch.revised(3, "paused"))
        await world.heard()
        assert not launch.again()
        assert not launch.ends(3)
        await world.event(launch.revised(4))
        await tap.until(lambda: bool(launch.again() and launch.ends(4)))
    assert [end.dispatches for end in launch.ends(4)] == [2]


async def test_a_cancelled_mailing_ends_who_was_to_be_sent_to_again_as_what_is_known(
    world: World,
) -> None:
    """They wait for a window that does not come any more."""
    launch = Launch(world)
    closed = {"from": "03:00", "to": "04:00"}
    noon = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    days: dict[str, Any] = {"starts_at": noon - 5 * HOUR, "ends_at": noon + timedelta(days=5)}
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2, 3)
        await world.at(noon)
        await world.event(launch.replayed(1), launch.replayed(2, said=SAID))
        await world.event(launch.revised(2, window=closed, **days))
        await tap.until(lambda: len(world.told("planned")) == 2)
        await world.event(launch.revised(3, "cancelled", window=closed, **days))
        await tap.until(lambda: bool(world.told("cancelled") and world.told("unknown")))
    [cancelled], [unknown] = world.told("cancelled"), world.told("unknown")
    assert (cancelled.client_id, cancelled.dispatch) == (1, 2)
    assert (unknown.client_id, unknown.dispatch) == (2, 2)
    assert {cancelled.reason, unknown.reason} == {"mailing_cancelled"}
    assert not launch.again()


async def test_a_narrower_filter_ends_who_is_not_meant_any_more(world: World) -> None:
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.event(launch.replayed(1, 2))
        await world.event(launch.revised(2, filter={"operator_codes": ["901"]}))
        await tap.until(lambda: bool(launch.again() and world.told("cancelled")))
    assert [event.client_id for event in world.told("cancelled")] == [2]
    assert world.reached() == {1: 2, 2: 1}


async def test_a_new_timing_leaves_no_deadline_but_the_mailings(world: World) -> None:
    """Those who wait with one that was written as instants are judged by the mailing's own."""
    launch = Launch(world)
    today = datetime.now(UTC).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    local: dict[str, Any] = {
        "timing": "local",
        "starts_at": today - timedelta(days=1),
        "ends_at": today + timedelta(days=3),
    }
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1)
        await world.event(launch.replayed(1, ends_at=launch.ends_at + HOUR, revision=3))
        await world.event(launch.revised(2), launch.revised(3, **local))
        await tap.until(lambda: bool(launch.again()))
    [again] = launch.again()
    assert again.not_after == (today + timedelta(days=3) - 3 * HOUR).replace(tzinfo=UTC)


async def test_who_is_wanted_again_now_is_not_late_for_this_opening(world: World) -> None:
    """Three hours after it, where a wave may begin an hour and a half late."""
    launch = Launch(world, max_lateness=90)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1)
        await world.at(launch.ends_at + HOUR)
        later = launch.ends_at + 3 * HOUR
        await world.event(launch.replayed(1, ends_at=later), launch.revised(2))
        await tap.until(lambda: bool(launch.again()))
    [again] = launch.again()
    assert again.not_after == later


async def test_what_a_change_brought_back_counts_for_the_end(world: World) -> None:
    """Not only replays: who expired under a former revision is sent to under this one."""
    launch = Launch(world)
    async with world.listening() as tap, world.scheduler():
        await launch.sent_to(1, 2)
        await world.at(launch.ends_at + HOUR)
        await world.event(launch.returned(2))
        await tap.until(lambda: bool(world.told("expired")))
        await world.event(launch.revised(2, ends_at=launch.ends_at + 3 * HOUR))
        await tap.until(lambda: bool(launch.ends(2)))
    # Once handed out, once given back and expired, once handed out again.
    assert [end.dispatches for end in launch.ends(2)] == [1 + 3]
