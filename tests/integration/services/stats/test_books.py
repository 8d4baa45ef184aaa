"""The books in PostgreSQL: the suite of all books, and what only a database can get wrong."""

import asyncio
import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from services.stats.adapters.books import PostgresBooks
from services.stats.adapters.retention import PostgresRetention
from services.stats.adapters.upkeep import PostgresUpkeep
from services.stats.domain.books import audience
from services.stats.handlers import (
    KEEP_WAITING,
    WaitingReceipts,
    audit,
    deliveries,
    forget_calls,
    forget_messages,
    forget_pace,
    forget_receipts,
    look_for_overdue,
    mailing_emitted,
    messages_closed,
    messages_forgotten,
    receipts_given,
    waves_planned,
)
from services.stats.ports import Due, Overdue
from shared.contracts.delivery import DeliveryEvent, MessagesClosed, MessagesForgotten
from shared.contracts.statuses import Status
from shared.contracts.trials import NO_MAILING
from tests.unit.services.stats.dead_letters_suite import DeadLettersSuite
from tests.unit.services.stats.examples import (
    START,
    ZONES,
    batch,
    event,
    given_receipts,
    hearings,
    opening,
    receipt,
    wave,
    waves,
)
from tests.unit.services.stats.fakes import FakeClock, FakeMeters, ports
from tests.unit.services.stats.receipts_suite import ReceiptsSuite, same_end_with_receipts
from tests.unit.services.stats.story_suite import StorySuite
from tests.unit.services.stats.suite import (
    BooksSuite,
    NewWorld,
    World,
    emitted,
    same_end_in_any_order,
)

pytestmark = pytest.mark.servers

_END_THOSE_IN_A_TRANSACTION = text("""
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'idle in transaction'
        AND pid <> pg_backend_pid()
""")


class TestBooksInPostgres(BooksSuite):
    pass


class TestStoriesInPostgres(StorySuite):
    pass


class TestReceiptsInPostgres(ReceiptsSuite):
    pass


class TestDeadLettersInPostgres(DeadLettersSuite):
    pass


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(heard=hearings())
async def test_order_and_repetition_change_nothing(
    new_world: NewWorld, engine: AsyncEngine, heard: list[DeliveryEvent]
) -> None:
    ordered = sorted(set(heard), key=lambda each: (each.dispatch, each.attempt))
    await same_end_in_any_order(new_world, heard, ordered)
    assert await PostgresUpkeep(engine).out_of_balance(START) == []


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(heard=hearings(), data=st.data())
async def test_receipts_in_any_order_lead_to_the_same_end(
    new_world: NewWorld, engine: AsyncEngine, heard: list[DeliveryEvent], data: st.DataObject
) -> None:
    await same_end_with_receipts(new_world, heard, data)
    assert await PostgresUpkeep(engine).out_of_balance(START) == []


async def test_receipts_that_nobody_is_for_are_forgotten_in_the_end(
    world: World, engine: AsyncEngine
) -> None:
    await world.hear(event("sent"))
    await receipts_given(world.ports, given_receipts(receipt(1), receipt(2), receipt(3)))
    clock, meters = FakeClock(START + KEEP_WAITING), FakeMeters()
    await forget_receipts(PostgresUpkeep(engine), meters, clock)
    assert meters.forgotten == 0
    clock.instant += timedelta(seconds=1)
    await forget_receipts(PostgresUpkeep(engine), meters, clock)
    assert meters.forgotten == 2
    await world.hear(event("sent", 2))
    await WaitingReceipts(world.ports).look()
    assert await world.by_status() == {Status.DELIVERED: 1, Status.SENT: 1}


async def test_events_and_receipts_at_once_lose_and_repeat_nothing(
    world: World, engine: AsyncEngine
) -> None:
    events = [
        event(kind, n, mailing_id=n % 5 + 1) for n in range(1, 301) for kind in ("queued", "sent")
    ]
    brought = [receipt(n, "delivered" if n % 3 else "undelivered") for n in range(1, 301)]
    shuffled, work = random.Random(1), []
    for _ in range(2):
        replica = ports(PostgresBooks(engine, writers=4))
        shuffled.shuffle(events)
        shuffled.shuffle(brought)
        work += [deliveries(replica, batch(*events[at : at + 50])) for at in range(0, 600, 50)]
        work += [
            receipts_given(replica, given_receipts(*brought[at : at + 50]))
            for at in range(0, 300, 50)
        ]
    await asyncio.gather(*work)
    await WaitingReceipts(world.ports).look()
    assert await PostgresUpkeep(engine).out_of_balance(START) == []
    counted = await world.reports.everything()
    ended = {Status.DELIVERED: 200, Status.UNDELIVERED: 100}
    assert {status: n for status, n in counted.items() if n} == ended


async def test_two_replicas_at_once_lose_and_repeat_nothing(
    world: World, engine: AsyncEngine
) -> None:
    """The same events on both, in batches cut differently, over mailings that all overlap."""
    events = [
        event(kind, n, mailing_id=n % 7 + 1) for n in range(300) for kind in ("queued", "sent")
    ]
    shuffled = random.Random(1)
    work = []
    for _ in range(2):
        replica = ports(PostgresBooks(engine, writers=4))
        shuffled.shuffle(events)
        work += [deliveries(replica, batch(*events[at : at + 50])) for at in range(0, 600, 50)]
    await asyncio.gather(*work)
    assert await PostgresUpkeep(engine).out_of_balance(START) == []
    counted = await world.reports.everything()
    assert {status: n for status, n in counted.items() if n} == {Status.SENT: 300}


async def test_the_books_balance_at_every_moment(world: World) -> None:
    """Whoever reads between two transactions sees every client exactly once."""
    await world.hear(*(event("queued", n) for n in range(200)))
    done = asyncio.Event()

    async def watch() -> int:
        looks = 0
        while not done.is_set():
            zones = await world.reports.zones(7)
            assert [audience(zone.by_status) for zone in zones] == [200]
            assert audience(await world.reports.everything()) == 200
            looks += 1
        return looks

    watching = asyncio.create_task(watch())
    for n in range(0, 200, 10):
        await world.hear(*(event("sent", message) for message in range(n, n + 10)))
    done.set()
    assert await watching > 5
    assert await world.by_status() == {Status.SENT: 200}


async def test_a_failure_in_the_middle_leaves_nothing_behind(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.stats.adapters import columns

    monkeypatch.setattr(columns, "of_spans", lambda spans: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await world.hear(event("sent"))
    monkeypatch.undo()
    assert await world.by_status() == {}
    assert await world.messages() == []
    await world.hear(event("sent"))
    assert await world.by_status() == {Status.SENT: 1}


async def test_a_handler_that_is_cancelled_anywhere_leaves_nothing_behind(
    world: World, engine: AsyncEngine
) -> None:
    """When the broker's connection breaks, what is being handled is cancelled, then redelivered."""
    for milliseconds in range(30):
        work = asyncio.create_task(world.hear(event("sent", milliseconds), event("sent", 1000)))
        await asyncio.sleep(milliseconds / 2000)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    await world.hear(*(event("sent", n) for n in range(30)), event("sent", 1000))
    assert await world.by_status() == {Status.SENT: 31}
    assert await PostgresUpkeep(engine).out_of_balance(START) == []
    assert isinstance(engine.pool, AsyncAdaptedQueuePool)
    assert engine.pool.checkedout() == 0


@pytest.mark.parametrize("why", [asyncio.CancelledError, ZeroDivisionError])
async def test_what_broke_a_transaction_is_told_although_its_connection_is_gone(
    world: World, engine: AsyncEngine, why: type[BaseException]
) -> None:
    """A cancelled handler that seemed to have failed would be tried again, and never stop."""

    async def broken() -> None:
        async with PostgresBooks(engine, writers=1).open([1]):
            async with engine.begin() as killer:
                await killer.execute(_END_THOSE_IN_A_TRANSACTION)
            raise why

    with pytest.raises(why):
        await broken()
    await world.hear(event("sent"))
    assert await world.by_status() == {Status.SENT: 1}


async def test_the_audit_finds_books_that_do_not_balance(world: World, engine: AsyncEngine) -> None:
    await world.hear(event("queued"), event("queued", 2, mailing_id=8))
    meters, clock, upkeep = FakeMeters(), FakeClock(), PostgresUpkeep(engine)
    await audit(upkeep, meters, clock, timedelta(minutes=5))
    assert meters.wrong == 0
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE tally SET n = n + 1 WHERE mailing_id = 8"))
    await audit(upkeep, meters, clock, timedelta(minutes=5))
    assert meters.wrong == 1
    assert await upkeep.out_of_balance(START) == [8]


async def test_the_audit_leaves_mailings_alone_that_ended_long_ago(
    world: World, engine: AsyncEngine
) -> None:
    await world.hear(event("sent"))
    [due] = await _due_after_emission(world)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE tally SET n = n + 1"))
    await world.books.mark_finished(due, START)
    upkeep = PostgresUpkeep(engine)
    assert await upkeep.out_of_balance(START) == [7]
    assert await upkeep.out_of_balance(START + timedelta(seconds=1)) == []


async def test_what_should_have_ended_is_counted(world: World, engine: AsyncEngine) -> None:
    """Under way after its window; put off to the next one; in a zone that is still open."""
    over, open_still = START - timedelta(minutes=11), START + timedelta(hours=1)
    elsewhere = wave(1, timezone=ZONES[1], closes_at=open_still)
    await waves_planned(world.ports, waves(wave(3, closes_at=over), elsewhere))
    await world.hear(event("retrying"), event("queued", 2), event("planned", 3))
    await world.hear(event("queued", 4, timezone=ZONES[1]))
    upkeep, meters = PostgresUpkeep(engine), FakeMeters()
    await look_for_overdue(upkeep, meters, FakeClock())
    assert meters.late == Overdue(0, 0)  # not all is emitted yet
    await mailing_emitted(world.ports, emitted(messages=4))
    await look_for_overdue(upkeep, meters, FakeClock())
    assert meters.late == Overdue(2, 0)
    await look_for_overdue(upkeep, meters, FakeClock(open_still + timedelta(minutes=11)))
    assert meters.late == Overdue(3, 1)
    await world.hear(*(event("sent", n, attempt=2) for n in range(1, 4)))
    await world.hear(event("sent", 4, timezone=ZONES[1]))
    await look_for_overdue(upkeep, meters, FakeClock(open_still + timedelta(minutes=11)))
    assert meters.late == Overdue(0, 0)


async def test_the_pace_is_kept_for_a_minute(world: World, engine: AsyncEngine) -> None:
    old, new = START - timedelta(seconds=61), START - timedelta(seconds=59)
    await world.hear(event("sent", at=old), event("sent", 2, at=new))
    await forget_pace(PostgresUpkeep(engine), FakeClock())
    kept = await world.reports.sent_by_second(7, old)
    assert kept == {int(new.timestamp()): 1}


async def test_grounds_are_written_once_by_whatever_replica(
    engine: AsyncEngine, world: World
) -> None:
    """The second one has never heard of them; the third time they come from memory."""
    for number, books in enumerate([world.books, PostgresBooks(engine, writers=1)] * 2):
        told = batch(event("sent", number, grounds=0), grounds=(opening(),))
        await deliveries(ports(books), told)
    assert await _count(engine, "grounds") == 1
    stories = [await world.reports.message(number) for number in range(4)]
    assert [call.grounds for story in stories if story for call in story.calls] == [opening()] * 4


async def test_grounds_of_a_transaction_that_failed_are_written_with_the_next(
    world: World, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.stats.adapters import columns

    told = batch(event("sent", grounds=0), grounds=(opening(),))
    monkeypatch.setattr(columns, "of_spans", lambda spans: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await deliveries(world.ports, told)
    monkeypatch.undo()
    assert await _count(engine, "grounds") == 0
    await deliveries(world.ports, told)
    story = await world.reports.message(1)
    assert story is not None
    assert [call.grounds for call in story.calls] == [opening()]


async def test_trials_leave_no_trace_in_the_books(world: World, engine: AsyncEngine) -> None:
    await world.hear(event("queued", mailing_id=0), event("sent", mailing_id=0))
    counts = {table: await _count(engine, table) for table in ("message", "attempt", "mailing")}
    assert counts == {"message": 1, "attempt": 1, "mailing": 0}
    assert [await _count(engine, table) for table in ("tally", "pace", "wave")] == [0, 0, 0]


async def test_two_replicas_do_not_write_trials_at_the_same_time(
    world: World, engine: AsyncEngine
) -> None:
    """There is no mailing whose row would be locked: what one reads the other may change."""
    other = ports(PostgresBooks(engine, writers=1))
    async with world.books.open([NO_MAILING]):
        writing = asyncio.create_task(deliveries(other, batch(event("sent", mailing_id=0))))
        await asyncio.sleep(0.2)
        assert not writing.done()
    await writing


async def test_grounds_are_asked_for_once(world: World, engine: AsyncEngine) -> None:
    """From then on their number is known: nothing is written or read for it."""
    await deliveries(world.ports, batch(event("sent", grounds=0), grounds=(opening(),)))
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM grounds"))
    await deliveries(world.ports, batch(event("sent", 2, grounds=0), grounds=(opening(),)))
    assert await _count(engine, "grounds") == 0


async def test_what_a_sent_message_changes_is_in_no_index(engine: AsyncEngine) -> None:
    """Else PostgreSQL would write each of them anew for every message."""
    indexed = text(
        """
        SELECT DISTINCT attname FROM pg_index
        JOIN pg_depend ON objid = indexrelid AND refobjid = indrelid
        JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
        WHERE indrelid = 'message'::regclass
        UNION
        SELECT attname FROM pg_index JOIN pg_attribute
            ON attrelid = indrelid AND attnum = ANY(indkey) WHERE indrelid = 'message'::regclass
        """
    )
    async with engine.connect() as connection:
        assert set(await connection.scalars(indexed)) == {"id", "mailing_id", "odd_status"}


async def _count(engine: AsyncEngine, table: str) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one())  # noqa: S608


async def _due_after_emission(world: World) -> list[Due]:
    async with world.books.open([7]) as page:
        await page.emitted(emitted(messages=1))
    return list(await world.books.due())


async def ended(world: World) -> None:
    """A mailing of four: sent at the second call, delivered, failed, expired after a call."""
    await waves_planned(world.ports, waves(wave(4)))
    await world.hear(*(event("queued", n) for n in range(1, 5)), event("retrying"))
    await world.hear(event("sent", attempt=2, at=START + timedelta(seconds=5)), event("sent", 2))
    await world.hear(event("failed", 3), event("returned", 4), event("expired", 4, dispatch=2))
    await mailing_emitted(world.ports, emitted(messages=4))
    assert len(world.announcer.announced) == 1


async def attempts(world: World) -> list[int]:
    return [line.attempts for line in await world.messages()]


async def test_calls_are_forgotten_long_after_the_end_and_the_books_stay(
    world: World, engine: AsyncEngine
) -> None:
    await ended(world)
    await world.hear(event("sent", 9, mailing_id=8))
    retention, clock = PostgresRetention(engine), FakeClock()
    kept = await attempts(world)
    assert kept[:3] == [2, 1, 1]
    books = (await world.by_status(), await world.reports.mailing(7), await world.reports.zones(7))
    clock.instant += timedelta(days=30)
    await forget_calls(retention, clock, days=31)
    assert await attempts(world) == kept
    await forget_calls(retention, clock, days=29)
    assert await attempts(world) == [0, 0, *kept[2:]]
    assert (await world.messages(8))[0].attempts == 1
    after = (await world.by_status(), await world.reports.mailing(7), await world.reports.zones(7))
    assert after == books
    assert await PostgresUpkeep(engine).out_of_balance(START - timedelta(days=1)) == []
    assert await retention.ended_before(clock.now()) is None


async def test_who_was_sent_to_is_not_taken_for_one_no_sender_told_of(
    world: World, engine: AsyncEngine
) -> None:
    await ended(world)
    clock = FakeClock(START + timedelta(days=2))
    await forget_calls(PostgresRetention(engine), clock, days=1)
    before = await world.by_status()
    await messages_forgotten(world.ports, MessagesForgotten(mailing_id=7, born_before=9))
    assert await world.by_status() == before
    heard = [event("sent", attempt=2, at=START + timedelta(seconds=5)), event("sent", 2)]
    await world.hear(*heard)
    assert await world.by_status() == before


async def test_a_mailing_that_runs_again_keeps_its_calls(world: World, engine: AsyncEngine) -> None:
    await ended(world)
    await mailing_emitted(world.ports, emitted(messages=4, revision=2, dispatches=9))
    clock = FakeClock(START + timedelta(days=2))
    kept = await attempts(world)
    await forget_calls(PostgresRetention(engine), clock, days=1)
    assert await attempts(world) == kept


async def test_messages_of_closed_books_go_and_the_numbers_stay(
    world: World, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.stats.handlers.FORGET_AT_ONCE", 3)
    await ended(world)
    await world.hear(event("sent", 9, mailing_id=8))
    retention, wide = PostgresRetention(engine), START - timedelta(days=1)
    books = (await world.by_status(), await world.reports.mailing(7), await world.reports.zones(7))
    await forget_messages(retention)
    assert len(await world.messages()) == 4
    await messages_closed(world.ports, MessagesClosed(mailing_id=7))
    await forget_messages(retention)
    assert await world.messages() == []
    async with engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT message_id FROM attempt"))) == [9]
    await world.hear(event("sent", 2, dispatch=2), event("sent", attempt=3))
    after = (await world.by_status(), await world.reports.mailing(7), await world.reports.zones(7))
    assert after == books
    assert await world.messages() == []
    assert await PostgresUpkeep(engine).out_of_balance(wide) == []
    assert len(await world.messages(8)) == 1
