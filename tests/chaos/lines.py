"""The wires between the services' processes and the two servers: what happens on a network.

Each process has a wire of its own to each server. Whoever looks after the servers, or asks them
how they are, goes to them directly.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.ports import LOOPBACK
from deploy.local.run_ports import read_ports
from deploy.local.ways import SERVERS
from tests.support.wire import Address, Wire, wire


@dataclass(frozen=True)
class Line:
    process: str
    server: str

    def __str__(self) -> str:
        return f"{self.process}/{self.server}"


class Lines:
    def __init__(self, wires: Mapping[Line, Wire], ports: Mapping[Line, int]) -> None:
        self.wires = wires
        self._ports = ports

    @property
    def ways(self) -> str:
        """For CARILLON_WAYS."""
        return ",".join(f"{line}={port}" for line, port in self._ports.items())

    def of(self, process: str) -> list[Line]:
        return [line for line in self.wires if line.process == process]

    def to(self, server: str) -> list[Line]:
        return [line for line in self.wires if line.server == server]


@asynccontextmanager
async def lines_of(home: Path, processes: Iterable[str]) -> AsyncIterator[Lines]:
    """Wires of a run that need not have started yet."""
    wires: dict[Line, Wire] = {}
    ports: dict[Line, int] = {}
    async with AsyncExitStack() as stack:
        for line in (Line(process, server) for process in processes for server in SERVERS):
            wires[line], ports[line] = await stack.enter_async_context(
                wire(lambda server=line.server: _address(home, server))  # type: ignore[misc]
            )
        yield Lines(wires, ports)


def _address(home: Path, server: str) -> Address:
    return LOOPBACK, read_ports(home / "ports.json")[server]
