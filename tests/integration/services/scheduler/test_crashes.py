"""The row is its own outbox: whatever is cut off in between, the same commands go out again."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from services.scheduler.adapters.directory import PostgresDirectory
from services.scheduler.adapters.messages import PostgresMessages
from services.scheduler.adapters.plans import PostgresPlans
from services.scheduler.handlers.emission import Emitter
from services.scheduler.handlers.planning import Planner
from services.scheduler.handlers.publishing import Publishing
from services.scheduler.handlers.returning import Returns
from shared.contracts.base import Message
from shared.contracts.commands import SendMessages
from shared.contracts.directory import ClientsChanged
from shared.contracts.progress import MailingEmitted
from shared.domain.message_id import MessageIds
from shared.runtime.broker import PublishFailed
from shared.runtime.clock import SystemClock
from tests.integration.services.scheduler.conftest import World
from tests.support.examples import client, clients, mailing


class DyingOutlet:
    """Publishes nothing: the process is gone before it could."""

    async def tell(self, message: Message) -> None:
        raise PublishFailed(message.key)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        raise PublishFailed("carillon.send")


class Roomy:
    async def envelopes(self, *, urgent: bool) -> int:
        return 100


async def written_but_not_published(world: World) -> None:
    """Clients 1 to 50 of mailing 1 have rows and a batch; nothing was published."""
    plans, messages = PostgresPlans(world.engine), PostgresMessages(world.engine, MessageIds(1))
    planner = Planner(PostgresDirectory(world.engine), plans, SystemClock())
    await planner.on_clients_changed(clients(range(1, 51)))
    await planner.on_mailing_changed(mailing(1))
    await planner.move_due_waves()
    clock = SystemClock()
    publishing = Publishing(messages, DyingOutlet(), clock, per_envelope=100)
    emitter = Emitter(messages, publishing, Returns(messages, publishing, clock), Roomy(), clock)
    with pytest.raises(PublishFailed):
        await emitter.emit_round()


async def test_a_batch_that_was_not_published_goes_out_after_a_restart(world: World) -> None:
    await written_but_not_published(world)
    async with world.listening() as tap, world.scheduler():
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
        await tap.until(lambda: len(world.commands()) == 50)
    assert Counter(c.client_id for c in world.commands()) == Counter(range(1, 51))
    assert await world.count("SELECT count(*) FROM batch") == 0


async def test_who_was_deleted_before_their_batch_went_out_gets_nothing(world: World) -> None:
    await written_but_not_published(world)
    async with world.engine.begin() as connection:
        await connection.execute(
            text("UPDATE client SET deleted = true, phone = '', revision = 2 WHERE id = 7")
        )
    async with world.listening() as tap, world.scheduler():
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
        await tap.until(lambda: len(world.commands()) == 49)
    assert 7 not in {command.client_id for command in world.commands()}


async def test_killed_again_and_again_nobody_is_missed_or_born_twice(world: World) -> None:
    batches = [clients(range(n, n + 500)) for n in range(1, 10_001, 500)]
    async with world.listening() as tap:
        await world.event(*batches, mailing(1))
        for _ in range(6):
            async with world.scheduler():
                seen = len(world.commands())
                await tap.until(lambda seen=seen: len(world.commands()) > seen)  # type: ignore[misc]
        async with world.scheduler():
            await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
            await tap.until(lambda: len({c.client_id for c in world.commands()}) == 10_000)
    by_client = {(c.client_id, c.message_id) for c in world.commands()}
    assert len(by_client) == 10_000  # a repeated command carries the same id
    assert tap.of("progress.emitted", MailingEmitted)[0].messages == 10_000


async def test_of_two_schedulers_one_leads_and_the_other_takes_over(world: World) -> None:
    async with world.listening() as tap, AsyncExitStack() as follower:
        async with world.scheduler():
            await world.event(clients(range(1, 301)), mailing(1))
            await tap.until(lambda: bool(world.commands()))
            await follower.enter_async_context(world.scheduler())
        stopped_at = asyncio.get_running_loop().time()
        await world.event(clients(range(1001, 1301), tags=("b",)))
        await world.event(mailing(2, filter={"tags": ["b"]}))
        await tap.until(lambda: bool(world.commands(2)))
        assert asyncio.get_running_loop().time() - stopped_at < 5
        await tap.until(lambda: len(tap.of("progress.emitted", MailingEmitted)) == 2)
    assert {c.client_id for c in world.commands(1)} == set(range(1, 301))
    assert {c.client_id for c in world.commands(2)} == set(range(1001, 1301))


async def test_an_older_state_never_replaces_a_newer_one(world: World) -> None:
    directory = PostgresDirectory(world.engine)
    new, old = client(1, revision=3, deleted=True, phone=""), client(1, revision=2)
    for order in ((new, old), (old, new)):
        await directory.apply(order, {})
        await directory.apply((old,), {})
    assert await world.count("SELECT count(*) FROM client WHERE deleted AND revision = 3") == 1


async def test_replaying_every_event_changes_nothing(world: World) -> None:
    events = (clients(range(1, 21)), mailing(1), ClientsChanged(clients=(client(21),)))
    async with world.listening() as tap, world.scheduler():
        await world.event(*events, *events, *reversed(events))
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
        await asyncio.sleep(0)
    assert max(Counter(c.client_id for c in world.commands()).values()) == 1
