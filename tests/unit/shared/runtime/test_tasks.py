import asyncio

import pytest

from shared.runtime.background import Background
from shared.runtime.tasks import end, side_by_side

SOON = 0.02


class Deaf:
    """A loop that does not hear a number of cancellations, as under ``asyncio.wait_for``."""

    def __init__(self, deaf_to: int) -> None:
        self.left = deaf_to
        self.has_ended = False

    async def run(self) -> None:
        try:
            while True:
                try:
                    await asyncio.sleep(60)
                except asyncio.CancelledError:
                    if self.left == 0:
                        raise
                    self.left -= 1
        finally:
            self.has_ended = True


async def fails() -> None:
    await asyncio.sleep(0)
    raise ZeroDivisionError


async def begun(*loops: Deaf) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    await asyncio.sleep(0)
    return tasks


async def test_a_cancellation_that_was_not_heard_is_said_again() -> None:
    loops = [Deaf(0), Deaf(2)]
    await end(await begun(*loops), again_after=SOON)
    assert [loop.has_ended for loop in loops] == [True, True]


async def test_who_ends_others_ends_them_before_it_ends_itself() -> None:
    loop = Deaf(3)
    ending = asyncio.create_task(end(await begun(loop), again_after=SOON))
    await asyncio.sleep(SOON / 2)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert loop.has_ended


async def test_what_ended_tasks_raised_is_their_own_affair() -> None:
    tasks = [asyncio.create_task(fails())]
    await asyncio.sleep(SOON)
    await end(tasks)
    await end([])


async def test_side_by_side_ends_with_the_first_that_fails() -> None:
    loop = Deaf(0)
    with pytest.raises(ZeroDivisionError):
        await side_by_side(loop.run(), fails())
    assert loop.has_ended


async def test_side_by_side_ends_with_the_first_that_ends() -> None:
    loop = Deaf(0)
    await side_by_side(loop.run(), asyncio.sleep(0))
    assert loop.has_ended


async def test_a_loop_that_does_not_hear_does_not_keep_a_service_from_stopping() -> None:
    loop = Deaf(1)
    background = Background()
    background.start("deaf", loop.run)
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await background.stop()
    assert loop.has_ended
