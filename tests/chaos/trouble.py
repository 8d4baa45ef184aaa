"""What can be done to a house, each deed written down with its moments."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from tests.chaos.alarms import Alarm, raised, shows
from tests.chaos.clocks import Clocks, seen
from tests.chaos.judge import Harm
from tests.chaos.lines import Line, Lines
from tests.chaos.sites import PROCESSES, Site
from tests.support.house import House, csv_of, eventually
from tests.support.wire import Pace

HANGS = 0.5  # seconds: a publisher's answer is overdue, its patience not yet at an end
PUBLISHES_WITHIN = 30.0  # seconds
ANSWERED_WITHIN = 10.0  # seconds
OTHERS = 900_000_000  # numbers from here on belong to no mailing


@dataclass
class Trouble:
    """``messages``: how many clients the mailing under way has."""

    site: Site
    chance: random.Random
    messages: int
    usual: dict[str, Any]
    """How the provider behaves when nothing is wrong with it."""
    harms: list[Harm] = field(default_factory=list)

    @property
    def house(self) -> House:
        return self.site.house

    @property
    def lines(self) -> Lines:
        assert self.site.lines is not None, "this scenario needs wires"
        return self.site.lines

    @property
    def clocks(self) -> Clocks:
        assert self.site.clocks is not None, "this scenario needs clocks"
        return self.site.clocks

    async def reached(self, share: float) -> None:
        """Wait until the provider has accepted this share of the mailing."""
        await self.house.accepted(int(self.messages * share))

    async def nothing_under_way(self) -> None:
        """Wait until every call that reached the provider has been answered."""

        async def nothing() -> bool:
            return not (await self.house.provider())["in_flight"]

        await eventually(nothing, ANSWERED_WITHIN, every=0.02)

    async def begin_import(self, count: int) -> int:
        """Clients whom no mailing is for; the import's number once it has been accepted."""
        first = OTHERS + self.chance.randrange(OTHERS // 10)
        body = csv_of(range(first, first + count), ("UTC",), "meanwhile")
        return await self.house.send_import(body)

    async def kill(self, name: str) -> None:
        """kill -9 of a process with its children; returns when it is there again and ready."""
        with self.harm(f"kill -9 {name}", cuts_calls=name.startswith("sender"), lasting=False):
            gone = self.house.pid(name)
            kill_family(gone)
        await self.house.back(name, gone)

    async def cut_off(self, name: str) -> None:
        """A process hangs and then dies: what was said to it meanwhile, nobody has heard."""
        with self.harm(f"hanging and kill -9 of {name}"):
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
        with self.harm(f"restart of {name}", lasting=False):
            await self.house.restart(name)

    async def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP of a process with its children."""
        with self.harm(f"pause of {name}"):
            await stopped_for(self.house.pid(name), seconds)

    async def provider(self, seconds: float, **faults: Any) -> None:
        """The provider misbehaves for a while."""
        with self.harm(f"provider {faults}"):
            await self.house.misbehave(**(self.usual | faults))
            await asyncio.sleep(seconds)
            await self.house.misbehave(**self.usual)

    async def cut(self, lines: Sequence[Line], seconds: float) -> None:
        """Connections break, and none can be made."""
        with self.harm(f"cut {_named(lines)}"):
            for line in lines:
                self.lines.wires[line].cut()
            await self._mend_after(seconds, lines)

    async def silence(self, lines: Sequence[Line], seconds: float, *, broken: bool) -> None:
        """Nothing passes and nothing is closed; ``broken``: nor will what stood ever pass again."""
        with self.harm(f"silence on {_named(lines)}"):
            for line in lines:
                self.lines.wires[line].freeze()
            if broken:
                await asyncio.sleep(seconds)
                for line in lines:
                    self.lines.wires[line].cut()
            await self._mend_after(0 if broken else seconds, lines)

    async def slow(self, lines: Sequence[Line], pace: Pace, seconds: float) -> None:
        with self.harm(f"{pace} on {_named(lines)}"):
            for line in lines:
                self.lines.wires[line].slow(pace)
            await self._mend_after(seconds, lines)

    async def _mend_after(self, seconds: float, lines: Sequence[Line]) -> None:
        try:
            await asyncio.sleep(seconds)
        finally:
            for line in lines:
                self.lines.wires[line].mend()

    async def alarm(self, alarm: Alarm, seconds: float) -> None:
        with self.harm(f"the broker's {alarm.flag}"):
            async with raised(self.house, alarm):
                await asyncio.sleep(seconds)
        await shows(self.house, alarm, raised=False)

    async def clocks_off(
        self, by: timedelta, services: Sequence[str], seconds: float, *, databases: bool
    ) -> None:
        """Clocks are set, and after a while they are right again."""
        with self.harm(f"clocks of {', '.join(services)} off by {by}"):
            await self._set_clocks(by, services, databases)
            await asyncio.sleep(seconds)
            await self._set_clocks(timedelta(), services, databases)

    async def _set_clocks(self, by: timedelta, services: Sequence[str], databases: bool) -> None:
        self.clocks.move_services(services, by)
        if databases:
            await self.clocks.move_databases(self.house, by)
        moved = [name for name in PROCESSES if name.partition("-")[0] in services]
        await asyncio.gather(*(seen(self.house, name, by) for name in moved))

    @contextmanager
    def harm(self, what: str, *, cuts_calls: bool = False, lasting: bool = True) -> Iterator[None]:
        began = time.time()
        yield
        self.harms.append(Harm(what, began, time.time() if lasting else began, cuts_calls))


def _named(lines: Sequence[Line]) -> str:
    return ", ".join(map(str, lines))


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
