"""The network between services and servers."""

from tests.chaos.extent import Extent
from tests.chaos.lines import Line
from tests.chaos.trouble import Trouble
from tests.support.wire import Pace

# As between continents, by way of a small pipe that everybody has a part of.
FAR = Pace(latency=(0.1, 0.3), bytes_per_second=100_000)


async def network_cut(trouble: Trouble, extent: Extent) -> None:
    """Connections break and are refused: of one process, of all to one server, of some."""
    for share, lines in zip((0.1, 0.35, 0.6), _turns(trouble), strict=True):
        await trouble.reached(share)
        await trouble.cut(lines, extent.turn)


async def network_silent(trouble: Trouble, extent: Extent) -> None:
    """Half open: nothing passes, nothing is closed. It passes later, or never."""
    turns = _turns(trouble)[:2]
    trouble.chance.shuffle(turns)
    for share, lines, broken in zip((0.1, 0.5), turns, (False, True), strict=True):
        await trouble.reached(share)
        await trouble.silence(lines, extent.pause, broken=broken)


async def network_slow(trouble: Trouble, extent: Extent) -> None:
    """Everything takes its time: between one process and the servers, then everywhere."""
    one, _, _ = _turns(trouble)
    await trouble.reached(0.1)
    await trouble.slow(one, FAR, extent.pause / 2)
    await trouble.slow(list(trouble.lines.wires), FAR, extent.pause)


def _turns(trouble: Trouble) -> list[list[Line]]:
    """The lines of a sender, all to a server, and any."""
    chance, lines = trouble.chance, trouble.lines
    everything = list(lines.wires)
    return [
        lines.of(chance.choice(["sender-1", "sender-2"])),
        lines.to(chance.choice(["amqp", "postgres"])),
        chance.sample(everything, len(everything) // 2),
    ]
