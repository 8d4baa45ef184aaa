"""Messages of a mailing that ended long ago go everywhere, and nobody is sent to for that."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import text

from services.scheduler.adapters.closing import PostgresClosing
from services.scheduler.adapters.foundlings import PostgresFoundlings
from services.scheduler.adapters.record import PostgresRecord
from services.scheduler.handlers import closing
from services.scheduler.handlers.closing import Closing
from services.scheduler.handlers.retelling import retell
from shared.contracts.base import Message
from shared.contracts.commands import SendMessages
from shared.contracts.delivery import MessagesClosed
from shared.contracts.mailings import MailingForgotten
from tests.integration.services.scheduler.conftest import World
from tests.integration.services.scheduler.test_adopting import returned
from tests.support.examples import clients, mailing


@dataclass
class Others:
    """The senders' ledger and the broker. ``away``: no sender answers."""

    forgotten: list[int] = field(default_factory=list)
    told: list[Message] = field(default_factory=list)
    away: bool = False

    async def forget(self, message_ids: Sequence[int]) -> None:
        if self.away and self.forgotten:
            raise ConnectionError
        self.forgotten += message_ids

    async def tell(self, message: Message) -> None:
        self.told.append(message)

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        raise AssertionError("nobody is sent to")


async def ended(world: World) -> list[int]:
    """A mailing to five, sent and finished; the ids of its messages."""
    async with world.listening(), world.scheduler():
        await world.event(clients(range(1, 6)), mailing(1), mailing(2))
        assert await world.emitted() == 5
        await world.emitted(mailing_id=2)
    await finish(world, 1)
    return [command.message_id for command in world.commands(1)]


async def finish(world: World, mailing_id: int) -> None:
    end = "UPDATE mailing SET finished_revision = revision WHERE id = :id"
    async with world.engine.begin() as connection:
        await connection.execute(text(end), {"id": mailing_id})


async def test_rows_go_here_and_at_the_senders_and_then_stats_hears_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "AT_ONCE", 2)
    ids = await ended(world)
    store, others = PostgresClosing(world.engine), Others(away=True)
    closer = Closing(store, others, others, world.clock)
    await closer.close_round()
    assert others.forgotten == []  # nobody has said that it may
    for mailing_id in (1, 2, 404):
        await closer.on_forgotten(MailingForgotten(mailing_id=mailing_id))
    with pytest.raises(ConnectionError):
        await closer.close_round()
    rows = "SELECT count(*) FROM message WHERE mailing_id = {}"
    assert await world.count(rows.format(1)) == 3
    assert others.told == []
    others.away = False
    await closer.close_round()
    assert sorted(others.forgotten) == sorted(ids)
    # The other has not finished: whatever was said of it, its rows stay.
    assert [await world.count(rows.format(one)) for one in (1, 2)] == [0, 5]
    closed = MessagesClosed(mailing_id=1)
    assert others.told == [closed]
    await closer.close_round()
    assert others.told == [closed]
    await retell(PostgresRecord(world.engine), others)
    assert others.told.count(closed) == 2
    named = [getattr(one, "mailing_id", None) for one in others.told[1:]]
    assert named.count(1) == 1


async def test_nobody_is_sent_to_because_a_row_was_forgotten(world: World) -> None:
    """Not by a change of the directory, not by what comes back from somewhere, not by a mailing of
    that number that is told once more."""
    await ended(world)
    others = Others()
    closer = Closing(PostgresClosing(world.engine), others, others, world.clock)
    await closer.on_forgotten(MailingForgotten(mailing_id=1))
    await closer.close_round()
    [stray] = returned(1).events
    due = [world.clock.now()]
    assert await PostgresFoundlings(world.engine).adopt([stray], due) == set()
    async with world.listening() as tap, world.scheduler():
        await world.event(clients([6], timezone="Asia/Tokyo"), mailing(1), returned(1))
        await world.event(mailing(3))
        await tap.until(lambda: len(world.commands(3)) == 6)
        await world.heard()
    assert world.commands(1) == []
    assert await world.count("SELECT count(*) FROM message WHERE mailing_id = 1") == 0
