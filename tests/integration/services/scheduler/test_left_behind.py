"""What stands still is taken up again while the same leader goes on."""

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from services.scheduler.adapters.outlet import BrokerOutlet
from services.scheduler.adapters.piles import PostgresPiles
from services.scheduler.handlers.publishing import LEFT_AFTER
from services.scheduler.handlers.watching import Watching
from shared.contracts.base import Message
from shared.contracts.progress import MailingEmitted
from shared.runtime.broker import PublishFailed
from shared.runtime.clock import SystemClock
from tests.integration.services.scheduler.conftest import World
from tests.integration.services.scheduler.test_crashes import written_but_not_published
from tests.support.examples import clients, mailing
from tests.support.house import eventually
from tests.support.tap import PATIENCE

LEFT = text(
    """
    INSERT INTO batch (
        mailing_id, mailing_revision, kind, message_ids, client_revisions, written_at
    )
    SELECT 1, 1, 'queued', array_agg(id), array_agg(1), now() - interval '1 minute'
    FROM message WHERE client_id <= 5
    """
)


async def test_a_batch_whose_publishing_failed_does_not_wait_for_the_next_leader(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside the emission: whoever is left over of a frozen audience is told of there."""
    tell, failures = BrokerOutlet.tell, ["once"]

    async def failing_once(self: BrokerOutlet, message: Message) -> None:
        if message.key == "delivery.cancelled" and failures:
            raise PublishFailed(failures.pop())
        await tell(self, message)

    monkeypatch.setattr(BrokerOutlet, "tell", failing_once)
    opens_at = world.clock.now() + 2 * LEFT_AFTER
    async with world.listening() as tap, world.scheduler():
        frozen = mailing(1, audience="frozen", starts_at=opens_at)
        await world.event(clients(range(1, 4)), frozen)
        await world.event(clients([2], revision=2, deleted=True, phone=""))
        await world.heard()
        await world.at(opens_at)
        await tap.until(lambda: bool(tap.of("progress.emitted", MailingEmitted)))
    assert not failures
    assert [event.client_id for event in world.told("cancelled")] == [2]
    assert world.reached() == {1: 1, 3: 1}
    assert await world.count("SELECT count(*) FROM batch") == 0


async def test_commands_that_were_left_go_out_once_more_under_the_same_dispatch(
    world: World,
) -> None:
    async with world.listening() as tap, world.scheduler():
        await world.event(clients(range(1, 21)), mailing(1))
        assert await world.emitted() == 20
        async with world.engine.begin() as connection:
            await connection.execute(LEFT)
        await tap.until(lambda: len(world.commands()) == 25)
        await tap.until(lambda: len(world.told("queued")) == 25)
        await eventually(lambda: forgotten(world), PATIENCE, every=0.02)
    assert len({(c.message_id, c.dispatch) for c in world.commands()}) == 20


async def forgotten(world: World) -> bool:
    return await world.count("SELECT count(*) FROM batch") == 0


async def test_batches_that_stay_are_counted(world: World) -> None:
    await written_but_not_published(world)
    await Watching(PostgresPiles(world.engine), SystemClock()).look()
    labels = {"what": "unpublished"}
    assert REGISTRY.get_sample_value("carillon_scheduler_standing_still", labels) == 1
    age = REGISTRY.get_sample_value("carillon_scheduler_standing_still_seconds", labels)
    assert age is not None
    assert age > 0
