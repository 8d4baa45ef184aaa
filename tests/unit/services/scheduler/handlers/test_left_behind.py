"""Batches that were left unpublished are published again while the same leader goes on."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from services.scheduler.handlers.publishing import LEFT_AFTER
from services.scheduler.ports import Batch
from shared.contracts.commands import SendMessages
from shared.runtime.broker import PublishFailed
from tests.unit.services.scheduler.handlers.test_emission import NOON, House, left_over, member

LONG_AGO = NOON - LEFT_AFTER


def two_batches() -> list[Batch]:
    return [left_over(member(number), written_at=LONG_AGO) for number in (1, 2)]


async def test_what_was_left_goes_out_and_is_forgotten() -> None:
    house = House(waiting=two_batches())
    assert await house.publishing.recover_left()
    assert house.commands() == [1, 1]
    assert not house.waiting
    assert not await house.publishing.recover_left()


async def test_what_was_written_a_moment_ago_is_somebody_elses() -> None:
    a_moment_ago = LONG_AGO + timedelta(milliseconds=1)
    house = House(waiting=[left_over(member(1), written_at=a_moment_ago)])
    assert not await house.publishing.recover_left()
    assert not house.sent
    await house.publishing.recover()
    assert house.commands() == [1]


class Slow(House):
    """Its broker confirms nothing before it is told to."""

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        await super().send(envelopes, urgent=urgent)
        await self.confirms.wait()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.confirms = asyncio.Event()


async def test_what_is_being_published_is_not_published_beside_it() -> None:
    house = Slow(waiting=two_batches()[:1])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.publishing.publish(house.waiting[0]))
        await asyncio.sleep(0)
        assert not await house.publishing.recover_left()
        house.confirms.set()
    assert house.commands() == [1]


async def test_two_who_look_at_once_publish_it_once() -> None:
    house = Slow(waiting=two_batches()[:1])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(house.publishing.recover())
        tasks.create_task(house.publishing.recover_left())
        await asyncio.sleep(0)
        house.confirms.set()
    assert house.commands() == [1]


class Faulty(House):
    """Fails over the message of client 1."""

    why: Exception = ValueError("a fault of ours")

    async def send(self, envelopes: Sequence[SendMessages], *, urgent: bool) -> None:
        if any(command.client_id == 1 for e in envelopes for command in e.commands):
            raise self.why
        await super().send(envelopes, urgent=urgent)


async def test_one_that_cannot_be_published_holds_up_no_other() -> None:
    house = Faulty(waiting=two_batches())
    assert await house.publishing.recover_left()
    assert [command.client_id for e in house.sent for command in e.commands] == [2]
    assert [batch.members[0].client_id for batch in house.waiting] == [1]


async def test_without_a_broker_it_is_tried_later() -> None:
    house = Faulty(waiting=two_batches())
    house.why = PublishFailed("carillon.send")
    with pytest.raises(PublishFailed):
        await house.publishing.recover_left()
    assert len(house.waiting) == 2
    house.why = ValueError()
