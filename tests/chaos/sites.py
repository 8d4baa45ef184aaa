"""A house and what can be done around it: on the network, and to the clocks."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.chaos.clocks import Clocks
from tests.chaos.lines import Lines, lines_of
from tests.support.house import TWO_OF_EACH, House, running_house

PROCESSES = ("api", "scheduler-1", "scheduler-2", "sender-1", "sender-2", "stats")


class Ground(Enum):
    """What a scenario needs beside a house."""

    HOUSE = "nothing more"
    LINES = "wires between services and servers"
    CLOCKS = "clocks that can be set"


@dataclass(frozen=True)
class Site:
    house: House
    lines: Lines | None = None
    clocks: Clocks | None = None


@asynccontextmanager
async def running_site(ground: Ground) -> AsyncIterator[Site]:
    """Starts everything in a new folder; stops it and drops the folder at the end."""
    home = Path(tempfile.mkdtemp(prefix="carillon-chaos-"))
    try:
        async with AsyncExitStack() as stack:
            lines, clocks, settings = None, None, dict(TWO_OF_EACH)
            if ground is Ground.LINES:
                lines = await stack.enter_async_context(lines_of(home, PROCESSES))
                settings["CARILLON_WAYS"] = lines.ways
            if ground is Ground.CLOCKS:
                clocks = Clocks(home / "clocks")
                settings.update(clocks.settings)
            house = await stack.enter_async_context(running_house(home, settings))
            if clocks is not None:
                stack.push_async_callback(clocks.let_go)
                await clocks.take_over(house)
                await asyncio.gather(*(house.restart(name) for name in PROCESSES))
                await house.log_in()
            yield Site(house, lines, clocks)
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Sites:
    """One site at a time: kept for whoever can use it, new after a run that left things behind."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._ground: Ground | None = None
        self._site: Site | None = None

    async def on(self, ground: Ground) -> Site:
        if self._site is None or self._ground is not ground:
            await self.drop()
            self._site = await self._stack.enter_async_context(running_site(ground))
            self._ground = ground
        return self._site

    async def drop(self) -> None:
        await self._stack.aclose()
        self._stack, self._site = AsyncExitStack(), None
