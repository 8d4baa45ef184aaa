"""Processes with their children stand still, and go on whatever happens."""

import asyncio
import os
import subprocess
from collections.abc import Iterator

import pytest

from deploy.local.processes import state_of
from tests.chaos.trouble import family, stopped_for
from tests.support.house import eventually


@pytest.fixture
def parent() -> Iterator[int]:
    """A shell with a child."""
    process = subprocess.Popen(["sh", "-c", "sleep 60 & wait"], start_new_session=True)
    yield process.pid
    os.killpg(process.pid, 9)
    process.wait()


async def with_child(parent: int) -> list[int]:
    async def both() -> list[int]:
        found = family(parent)
        return found if len(found) == 2 else []

    found: list[int] = await eventually(both, 5, every=0.02)
    return found


async def test_a_family_is_a_process_and_its_descendants(parent: int) -> None:
    assert (await with_child(parent))[0] == parent
    assert parent in family(os.getpid())


async def test_a_family_stands_still_and_goes_on(parent: int) -> None:
    pids = await with_child(parent)
    pause = asyncio.create_task(stopped_for(parent, 60))

    async def in_state(letter: str) -> None:
        async def all_are() -> bool:
            return all(state_of(pid) == letter for pid in pids)

        await eventually(all_are, 5, every=0.02)

    await in_state("T")
    pause.cancel()
    await asyncio.gather(pause, return_exceptions=True)
    await in_state("S")
