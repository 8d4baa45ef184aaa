"""Services die, or are replaced."""

import asyncio
from collections.abc import Awaitable, Callable

from tests.chaos.extent import Extent
from tests.chaos.sites import PROCESSES
from tests.chaos.trouble import Trouble

IMPORTED = 2_000
# A ledger that is silent for as long: calls under way end, and are not so old at the kill that it
# would not explain their repeats.
SILENT = 3.0


async def random_kills(trouble: Trouble, extent: Extent) -> None:
    """kill -9 of any service, at any moment."""
    await _kills(trouble, extent, PROCESSES)


def kills_of(service: str) -> Callable[[Trouble, Extent], Awaitable[None]]:
    """kill -9 of one service, again and again, whichever of its replicas."""
    names = [name for name in PROCESSES if name.partition("-")[0] == service]

    async def happens(trouble: Trouble, extent: Extent) -> None:
        await _kills(trouble, extent, names)

    return happens


async def kills_of_api(trouble: Trouble, extent: Extent) -> None:
    """It has something to do meanwhile: an import that it has accepted."""
    number = await trouble.begin_import(IMPORTED)
    await _kills(trouble, extent, ["api"])
    done = await trouble.house.import_done(number)
    assert (done["state"], done["rows_accepted"]) == ("done", IMPORTED), done


async def batch_cut_off(trouble: Trouble, _extent: Extent) -> None:
    """While a batch is being published, first its scheduler dies, later the broker."""
    await trouble.reached(trouble.chance.uniform(0.05, 0.3))
    async with trouble.publishing():
        await asyncio.gather(*(trouble.kill(f"scheduler-{n}") for n in (1, 2)))
    await trouble.reached(trouble.chance.uniform(0.4, 0.6))
    async with trouble.publishing():
        await trouble.cut_off("rabbitmq")


async def outcomes_cut_off(trouble: Trouble, extent: Extent) -> None:
    """While calls have been answered and the ledger cannot be told, the senders die."""
    for time in range(extent.times):
        await trouble.reached((time + trouble.chance.uniform(0.2, 0.6)) / extent.times)
        silence = asyncio.create_task(trouble.freeze("postgres", SILENT))
        await trouble.nothing_under_way()
        await asyncio.gather(*(trouble.kill(f"sender-{n}") for n in (1, 2)))
        await silence


async def rolling_restart(trouble: Trouble, _extent: Extent) -> None:
    """A deploy: every process ends by SIGTERM and another takes its place, one after another."""
    await trouble.reached(0.1)
    for name in trouble.chance.sample(PROCESSES, len(PROCESSES)):
        await trouble.restart(name)


async def _kills(trouble: Trouble, extent: Extent, names: list[str] | tuple[str, ...]) -> None:
    for _ in range(extent.kills):
        await asyncio.sleep(trouble.chance.uniform(0.1, 1.0))
        await trouble.kill(trouble.chance.choice(names))
