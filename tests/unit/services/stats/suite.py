"""What is true of any books, in memory or in PostgreSQL. Subclasses bring the ``world``."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from services.stats.domain.books import audience, listed, total
from services.stats.handlers import (
    Ports,
    deliveries,
    mailing_emitted,
    messages_closed,
    messages_forgotten,
    waves_planned,
)
from services.stats.ports import Books, DeadLetters, MessageLine, Reports
from shared.contracts.delivery import (
    DeliveryEvent,
    DeliveryEvents,
    Kind,
    MessagesClosed,
    MessagesForgotten,
)
from shared.contracts.progress import MailingEmitted
from shared.contracts.statuses import Status
from tests.unit.services.stats.examples import START, ZONES, batch, batches, event, wave, waves
from tests.unit.services.stats.fakes import FakeAnnouncer, ports


@dataclass
class World:
    books: Books
    reports: Reports
    announcer: FakeAnnouncer
    dead_letters: DeadLetters

    @property
    def ports(self) -> Ports:
        return ports(self.books, self.announcer)

    async def hear(self, *events: DeliveryEvent) -> None:
        for heard in batches(events):
            await deliveries(self.ports, heard)

    async def by_status(self, mailing_id: int = 7) -> dict[Status, int]:
        """Without the zeros; the zones and the whole must agree."""
        zones = await self.reports.zones(mailing_id)
        added = total(zone.by_status for zone in zones)
        assert added == listed((await self.reports.mailing(mailing_id)).by_status)
        return {status: n for status, n in added.items() if n}

    async def messages(self, mailing_id: int = 7) -> Sequence[MessageLine]:
        return await self.reports.messages(mailing_id, None, 0, 1000)


NewWorld = Callable[[], Awaitable[World]]


class BooksSuite:
    async def test_nothing_is_known_of_a_stranger(self, world: World) -> None:
        book = await world.reports.mailing(404)
        assert (audience(book.by_status), book.first_sent_at, book.last_sent_at) == (0, None, None)
        assert await world.reports.zones(404) == []
        assert await world.reports.messages(404, None, 0, 10) == []

    async def test_a_message_moves_on_and_is_counted_once(self, world: World) -> None:
        await world.hear(event("queued"))
        assert await world.by_status() == {Status.QUEUED: 1}
        await world.hear(event("retrying"), event("sent", attempt=2))
        assert await world.by_status() == {Status.SENT: 1}

    async def test_an_empty_batch_is_no_fault(self, world: World) -> None:
        await deliveries(world.ports, DeliveryEvents(kind="sent", events=()))
        assert await world.by_status() == {}

    async def test_a_redelivered_batch_changes_nothing(self, world: World) -> None:
        heard = [event("queued"), event("queued", 2), event("sent"), event("failed", 2)]
        await world.hear(*heard)
        before = (await world.by_status(), await world.messages())
        await world.hear(*heard)
        assert (await world.by_status(), await world.messages()) == before

    async def test_what_comes_late_does_not_move_a_message_back(self, world: World) -> None:
        await world.hear(event("sent"), event("queued"))
        assert await world.by_status() == {Status.SENT: 1}

    async def test_of_a_lost_plan_what_no_sender_told_of_is_forgotten(self, world: World) -> None:
        await waves_planned(world.ports, waves(wave(7)))
        queued = [event("queued", n, timezone=ZONES[n % 2]) for n in range(1, 6)]
        ended = [event("suppressed", 6), event("sent", 2), event("returned", 3)]
        stranger = event("queued", 9, mailing_id=8)
        await world.hear(*queued, *ended, event("cancelled", 3, dispatch=2), stranger)
        await messages_forgotten(world.ports, MessagesForgotten(mailing_id=7, born_before=5))
        ids = [line.standing.message_id for line in await world.messages()]
        assert ids == [2, 3, 5, 6]
        zones = {zone.timezone: +Counter(zone.by_status) for zone in await world.reports.zones(7)}
        left = {Status.SENT: 1, Status.SUPPRESSED: 1, Status.CANCELLED: 1, Status.WAITING: 4}
        assert zones == {ZONES[0]: left, ZONES[1]: {Status.QUEUED: 1}}
        assert await world.by_status(8) == {Status.QUEUED: 1}
        await world.hear(event("returned", 1, timezone=ZONES[1]))
        assert (await world.by_status())[Status.PLANNED] == 1

    async def test_closed_books_stay_as_they_are_whatever_is_told(self, world: World) -> None:
        await waves_planned(world.ports, waves(wave(2)))
        await world.hear(event("sent"), event("failed", 2))
        await mailing_emitted(world.ports, emitted(messages=2))
        await messages_closed(world.ports, MessagesClosed(mailing_id=7))
        before = (await world.by_status(), await world.reports.mailing(7))
        again = (event("sent", 2, dispatch=2), event("queued", 3), event("sent", 9, mailing_id=8))
        await world.hear(*again)
        await waves_planned(world.ports, waves(wave(5, seq=2)))
        await mailing_emitted(world.ports, emitted(messages=5, revision=2))
        await messages_forgotten(world.ports, MessagesForgotten(mailing_id=7, born_before=9))
        assert (await world.by_status(), await world.reports.mailing(7)) == before
        assert await world.by_status(8) == {Status.SENT: 1}
        assert len(world.announcer.announced) == 1

    async def test_several_events_of_one_message_in_one_batch(self, world: World) -> None:
        await deliveries(
            world.ports, batch(event("queued", dispatch=2), event("queued"), event("queued", 2))
        )
        assert await world.by_status() == {Status.QUEUED: 2}
        assert [line.standing.dispatch for line in await world.messages()] == [2, 1]

    async def test_a_message_that_moves_to_another_zone_moves_in_the_books(
        self, world: World
    ) -> None:
        await world.hear(event("queued"), event("returned"))
        await world.hear(event("queued", dispatch=2, timezone=ZONES[1]))
        zones = {zone.timezone: zone for zone in await world.reports.zones(7)}
        assert audience(zones[ZONES[1]].by_status) == 1
        assert await world.by_status() == {Status.QUEUED: 1}

    async def test_clients_without_a_message_stand_under_the_rest(self, world: World) -> None:
        await waves_planned(world.ports, waves(wave(10), wave(5, timezone=ZONES[1])))
        assert await world.by_status() == {Status.WAITING: 15}
        await world.hear(event("queued"), event("sent", 2))
        assert await world.by_status() == {Status.WAITING: 13, Status.QUEUED: 1, Status.SENT: 1}

    async def test_a_wave_whose_windows_are_over_expires_from_the_start(self, world: World) -> None:
        over = wave(3, rest="expired", reason="window_passed")
        await waves_planned(world.ports, waves(over))
        assert await world.by_status() == {Status.EXPIRED: 3}
        await world.hear(event("expired"))
        assert await world.by_status() == {Status.EXPIRED: 3}
        [zone] = await world.reports.zones(7)
        assert (zone.rest, zone.reason) == (Status.EXPIRED, "window_passed")

    async def test_more_messages_than_planned_enlarge_the_audience(self, world: World) -> None:
        await waves_planned(world.ports, waves(wave(1)))
        await world.hear(event("queued"), event("queued", 2))
        assert await world.by_status() == {Status.QUEUED: 2}

    async def test_a_wave_changes_only_to_a_higher_seq(self, world: World) -> None:
        await waves_planned(world.ports, waves(wave(10, seq=2)))
        await waves_planned(world.ports, waves(wave(20, seq=1), wave(4, seq=2)))
        assert await world.by_status() == {Status.WAITING: 10}
        await waves_planned(world.ports, waves(wave(7, seq=3)))
        assert await world.by_status() == {Status.WAITING: 7}

    async def test_zones_are_listed_as_they_open(self, world: World) -> None:
        later, sooner = START + timedelta(hours=2), START
        await waves_planned(
            world.ports,
            waves(
                wave(1, timezone="A/Never"),
                wave(1, timezone="B/Later", opens_at=later, closes_at=later),
                wave(1, timezone="C/Sooner", opens_at=sooner, closes_at=later),
            ),
        )
        zones = await world.reports.zones(7)
        assert [zone.timezone for zone in zones] == ["C/Sooner", "B/Later", "A/Never"]
        assert (zones[0].opens_at, zones[0].closes_at) == (sooner, later)

    async def test_first_and_last_acceptance(self, world: World) -> None:
        seconds = (5, 1, 9)
        for message_id, second in enumerate(seconds, 1):
            at = START + timedelta(seconds=second)
            await world.hear(event("sent", message_id, at=at))
        book = await world.reports.mailing(7)
        assert book.first_sent_at == START + timedelta(seconds=1)
        assert book.last_sent_at == START + timedelta(seconds=9)
        per_second = await world.reports.sent_by_second(7, START + timedelta(seconds=2))
        begun = int(START.timestamp())
        assert per_second == {begun + 5: 1, begun + 9: 1}

    async def test_messages_by_page_and_by_status(self, world: World) -> None:
        await world.hear(*(event("queued", n) for n in range(1, 8)), event("failed", 3))
        await world.hear(event("queued", 99, mailing_id=8))
        page = await world.reports.messages(7, None, 0, 3)
        assert [line.standing.message_id for line in page] == [1, 2, 3]
        rest = await world.reports.messages(7, None, 3, 10)
        assert [line.standing.message_id for line in rest] == [4, 5, 6, 7]
        failed = await world.reports.messages(7, Status.FAILED, 0, 10)
        assert [line.standing.message_id for line in failed] == [3]
        assert await world.reports.messages(7, Status.SENT, 0, 10) == []
        await world.hear(event("sent", 5), event("sent", 6))
        for status, after, ids in (
            (Status.QUEUED, 0, [1, 2, 4, 7]),
            (Status.QUEUED, 2, [4, 7]),
            (Status.SENT, 0, [5, 6]),
            (Status.RETRYING, 0, []),
        ):
            page = await world.reports.messages(7, status, after, 10)
            assert [line.standing.message_id for line in page] == ids

    async def test_a_line_tells_what_happened(self, world: World) -> None:
        due = START + timedelta(seconds=30)
        detail = "The provider answered 502."
        retrying = event("retrying", next_attempt_at=due, reason="server_error", detail=detail)
        await world.hear(event("queued"), retrying)
        [line] = await world.messages()
        assert line.standing.status is Status.RETRYING
        assert (line.standing.reason, line.standing.detail) == ("server_error", detail)
        assert (line.standing.next_attempt_at, line.attempts) == (due, 1)

    async def test_a_line_tells_when_a_call_put_off_again_is_due(self, world: World) -> None:
        at = [START + timedelta(seconds=seconds) for seconds in (0, 5, 10)]
        await world.hear(event("queued"), event("retrying", at=at[0], next_attempt_at=at[1]))
        await world.hear(event("retrying", at=at[1], next_attempt_at=at[2]))
        await world.hear(event("retrying", at=at[0], next_attempt_at=at[1]))
        [line] = await world.messages()
        assert (line.standing.next_attempt_at, line.standing.updated_at) == (at[2], at[1])

    async def test_attempts_count_the_calls_of_all_dispatches(self, world: World) -> None:
        await world.hear(
            event("queued"),
            event("retrying"),
            event("returned", attempt=2),  # its second call never started
            event("queued", dispatch=2),
            event("returned", dispatch=2, latency_ms=40),
            event("sent", dispatch=3),
        )
        [line] = await world.messages()
        assert line.attempts == 3

    async def test_totals_over_all_mailings(self, world: World) -> None:
        await waves_planned(world.ports, waves(wave(4), mailing_id=8))
        await world.hear(event("sent"), event("failed", 2, mailing_id=8))
        books = await world.reports.mailings([8, 404, 7])
        assert [book.mailing_id for book in books] == [8, 404, 7]
        assert [audience(book.by_status) for book in books] == [4, 0, 1]
        assert listed(await world.reports.everything()) == listed(
            {Status.WAITING: 3, Status.FAILED: 1, Status.SENT: 1}
        )

    async def test_finished_is_announced_once_when_all_are_at_an_end(self, world: World) -> None:
        await world.hear(event("sent"), event("queued", 2))
        await mailing_emitted(world.ports, emitted(messages=2))
        assert world.announcer.announced == []
        await world.hear(event("failed", 2))
        await world.hear(event("failed", 2))
        assert [(each.mailing_id, each.revision) for each in world.announcer.announced] == [(7, 1)]

    async def test_finished_when_the_emission_is_told_last(self, world: World) -> None:
        await world.hear(event("sent"))
        await mailing_emitted(world.ports, emitted(messages=1))
        assert len(world.announcer.announced) == 1

    async def test_a_mailing_without_messages_is_finished_when_emitted(self, world: World) -> None:
        await mailing_emitted(world.ports, emitted(messages=0))
        assert len(world.announcer.announced) == 1

    async def test_the_clients_without_a_message_do_not_count_as_ended(self, world: World) -> None:
        await waves_planned(world.ports, waves(wave(2, rest="expired")))
        await mailing_emitted(world.ports, emitted(messages=2))
        assert world.announcer.announced == []

    async def test_who_tells_of_an_end_that_was_announced_is_answered(self, world: World) -> None:
        await world.hear(event("sent"))
        for _ in range(2):
            await mailing_emitted(world.ports, emitted(messages=1))
        assert len(world.announcer.announced) == 2
        assert len(set(world.announcer.announced)) == 1

    @pytest.mark.parametrize("still", ["queued", "retrying", "returned"])
    async def test_a_mailing_never_finishes_while_an_outcome_is_open(
        self, world: World, still: Kind
    ) -> None:
        await world.hear(event("unknown"), event("sent", 2), event(still, 3))
        await mailing_emitted(world.ports, emitted(messages=3))
        assert world.announcer.announced == []
        await world.hear(event("unknown", 3, dispatch=2))
        assert len(world.announcer.announced) == 1

    async def test_what_is_unknown_is_in_every_statistic(self, world: World) -> None:
        await world.hear(event("unknown"), event("sent", 2))
        expected = {Status.UNKNOWN: 1, Status.SENT: 1}
        assert await world.by_status() == expected
        [zone] = await world.reports.zones(7)
        assert listed(zone.by_status) == listed(expected)
        assert listed(await world.reports.everything()) == listed(expected)
        [book] = await world.reports.mailings([7])
        assert listed(book.by_status) == listed(expected)
        [line] = await world.reports.messages(7, Status.UNKNOWN, 0, 10)
        assert line.standing.status is Status.UNKNOWN

    async def test_a_later_revision_is_announced_again(self, world: World) -> None:
        await world.hear(event("sent"))
        await mailing_emitted(world.ports, emitted(messages=1))
        await mailing_emitted(world.ports, emitted(messages=1, revision=2))
        await mailing_emitted(world.ports, emitted(messages=1, revision=1))
        assert [each.revision for each in world.announcer.announced] == [1, 2]

    async def test_an_emission_that_is_told_ahead_of_what_was_brought_back_ends_nothing(
        self, world: World
    ) -> None:
        """Two replicas, or one with several messages in hand, may hear of it first."""
        await world.hear(event("failed"), event("sent", 2))
        await mailing_emitted(world.ports, emitted(messages=2))
        await mailing_emitted(world.ports, emitted(messages=2, revision=2, dispatches=3))
        assert [each.revision for each in world.announcer.announced] == [1]
        assert await world.books.due() == []
        await world.hear(event("queued", dispatch=2))
        assert [each.revision for each in world.announcer.announced] == [1]
        await world.hear(event("sent", dispatch=2))
        assert [each.revision for each in world.announcer.announced] == [1, 2]

    async def test_an_emission_that_is_told_last_of_what_was_brought_back(
        self, world: World
    ) -> None:
        await world.hear(event("failed"), event("queued", dispatch=2), event("sent", dispatch=2))
        await mailing_emitted(world.ports, emitted(messages=1, revision=2, dispatches=2))
        assert [each.revision for each in world.announcer.announced] == [2]

    async def test_what_was_brought_back_is_awaited_by_the_greatest_number_told(
        self, world: World
    ) -> None:
        await world.hear(event("failed"))
        await mailing_emitted(world.ports, emitted(messages=1, revision=2, dispatches=2))
        await mailing_emitted(world.ports, emitted(messages=1, revision=2, dispatches=1))
        await mailing_emitted(world.ports, emitted(messages=1, revision=1))
        assert world.announcer.announced == []

    async def test_a_person_who_says_it_was_sent_does_not_say_when(self, world: World) -> None:
        await world.hear(event("sent"), event("unknown", 2))
        later = START + timedelta(hours=9)
        await world.hear(event("sent", 2, dispatch=2, attempt=0, reason="resolved", at=later))
        assert await world.by_status() == {Status.SENT: 2}
        book = await world.reports.mailing(7)
        assert (book.first_sent_at, book.last_sent_at) == (START, START)
        assert await world.reports.sent_by_second(7, START + timedelta(hours=1)) == {}
        [_, resolved] = await world.messages()
        assert (resolved.standing.sent_at, resolved.standing.reason) == (None, "resolved")

    async def test_nothing_is_lost_while_the_broker_is_away(self, world: World) -> None:
        world.announcer.away = True
        await mailing_emitted(world.ports, emitted(messages=1))
        try:
            await world.hear(event("sent"))
        except ConnectionError:
            world.announcer.away = False
        assert [due.mailing_id for due in await world.books.due()] == [7]
        await world.hear(event("sent"))  # the broker gives it again: it was never acknowledged
        assert len(world.announcer.announced) == 1
        assert await world.books.due() == []


def emitted(*, messages: int, revision: int = 1, dispatches: int | None = None) -> MailingEmitted:
    return MailingEmitted(mailing_id=7, revision=revision, messages=messages, dispatches=dispatches)


async def same_end_in_any_order(
    new_world: NewWorld, heard: Sequence[DeliveryEvent], ordered: Sequence[DeliveryEvent]
) -> None:
    """Shuffled and repeated, or in order and once: the books come to the same."""
    ends = []
    for events in (heard, ordered):
        world = await new_world()
        await world.hear(*events)
        ends.append([await _everything(world, mailing_id) for mailing_id in (1, 2)])
    assert ends[0] == ends[1]


async def _everything(world: World, mailing_id: int) -> object:
    book = await world.reports.mailing(mailing_id)
    lines = await world.messages(mailing_id)
    stories = [await world.reports.message(line.standing.message_id) for line in lines]
    counts = await world.by_status(mailing_id)
    return (counts, lines, stories, book.first_sent_at, book.last_sent_at)
