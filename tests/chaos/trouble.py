"""What can be done to a house, each deed written down with its moments."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.chaos.judge import Harm
from tests.support.house import House, eventually

BACK_WITHIN = 60.0  # seconds; RabbitMQ takes ten to start, more on a busy machine
HANGS = 0.5  # seconds: a publisher's answer is overdue, its patience not yet at an end
PUBLISHES_WITHIN = 30.0  # seconds


@dataclass
class Trouble:
    """``messages``: how many clients the mailing under way has."""

    house: House
    chance: random.Random
    messages: int
    usual: dict[str, Any]
    """How the provider behaves when nothing is wrong with it."""
    harms: list[Harm] = field(default_factory=list)

    async def reached(self, share: float) -> None:
        """Wait until the provider has accepted this share of the mailing."""
        await self.house.accepted(int(self.messages * share))

    async def kill(self, name: str) -> None:
        """kill -9 of a process with its children; returns when it is there again and ready."""
        with self._harm(f"kill -9 {name}", cuts_calls=name.startswith("sender"), lasting=False):
            gone = self.house.pid(name)
            kill_family(gone)
        await self.house.back(name, gone)

    async def cut_off(self, name: str) -> None:
        """A process hangs and then dies: what was said to it meanwhile, nobody has heard."""
        with self._harm(f"hanging and kill -9 of {name}"):
            gone = self.house.pid(name)
            os.kill(gone, signal.SIGSTOP)
            await asyncio.sleep(HANGS)
            kill_family(gone)
        await self.house.back(name, gone)

    @asynccontextmanager
    async def publishing(self) -> AsyncIterator[None]:
        """Entered when a batch is written down and not known to be published: the worst moment."""
        scheduler = await asyncpg.connect(self.house.database("scheduler"))
        try:

            async def unpublished() -> bool:
                return bool(await scheduler.fetchval("SELECT EXISTS (SELECT FROM batch)"))

            await eventually(unpublished, PUBLISHES_WITHIN, every=0)
            yield
        finally:
            await scheduler.close()

    async def restart(self, name: str) -> None:
        """SIGTERM, as a deploy does; returns when the next one is ready."""
        with self._harm(f"restart of {name}", lasting=False):
            gone = self.house.pid(name)
            os.kill(gone, signal.SIGTERM)
        await self.house.back(name, gone, BACK_WITHIN)
        await self.house.ready(name, BACK_WITHIN)

    async def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP of a process with its children."""
        with self._harm(f"pause of {name}"):
            await stopped_for(self.house.pid(name), seconds)

    async def provider(self, seconds: float, **faults: Any) -> None:
        """The provider misbehaves for a while."""
        with self._harm(f"provider {faults}"):
            await self.house.misbehave(**(self.usual | faults))
            await asyncio.sleep(seconds)
            await self.house.misbehave(**self.usual)

    @contextmanager
    def _harm(self, what: str, *, cuts_calls: bool = False, lasting: bool = True) -> Iterator[None]:
        began = time.time()
        yield
        self.harms.append(Harm(what, began, time.time() if lasting else began, cuts_calls))


async def stopped_for(pid: int, seconds: float) -> None:
    """The process and all its children stand still; whatever happens, they go on afterwards."""
    halted: list[int] = []
    try:
        # A child may be born while its siblings are being stopped, not once its parent is.
        for _ in range(2):
            for one in family(pid):
                _signal(one, signal.SIGSTOP)
                halted.append(one)
        await asyncio.sleep(seconds)
    finally:
        for one in reversed(halted):
            _signal(one, signal.SIGCONT)


def kill_family(pid: int) -> None:
    """kill -9 of a process and all its children; it does nothing more from this moment on."""
    _signal(pid, signal.SIGSTOP)  # or it went on while we look for its children, and had others
    for one in family(pid):
        _signal(one, signal.SIGKILL)


def family(pid: int) -> list[int]:
    """A process and its descendants, parents before their children."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The parent follows the name, which is in brackets and may itself contain some.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, ()))
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
