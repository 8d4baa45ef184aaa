"""What others do: the provider, those who set clocks, those who deploy."""

from datetime import timedelta
from typing import Any

from deploy.secret_values import SERVICES
from tests.chaos.extent import Extent
from tests.chaos.newer import newer, publish
from tests.chaos.remains import drop_parked, parked
from tests.chaos.trouble import Trouble
from tests.support.house import eventually

PARKED_WITHIN = 30.0  # seconds


async def provider_in_turns(trouble: Trouble, extent: Extent) -> None:
    """Down, hanging, slow, lying (it accepts and drops the connection), throttling, answering
    garbage."""
    turns: list[dict[str, Any]] = [
        {"outage": True},
        {"hang_rate": 1.0},
        {"latency_ms": 2_000},  # of the three seconds that a call may take
        {"drop_rate": 0.5},
        {"rate_limit_per_second": 50.0},
        {"garbage_rate": 0.5},
    ]
    trouble.chance.shuffle(turns)
    for number, faults in enumerate(turns, 1):
        await trouble.reached(number / (len(turns) + 2))
        await trouble.provider(extent.turn, **faults)


async def clock_jumps(trouble: Trouble, extent: Extent) -> None:
    """Minutes forwards and backwards: everywhere, then at one service alone; right again in
    between and at the end."""
    chance = trouble.chance
    signs = chance.sample((1, -1), 2)
    moves: list[tuple[timedelta, list[str], bool]] = [
        *((sign * _minutes(trouble), list(SERVICES), True) for sign in signs),
        (chance.choice(signs) * _minutes(trouble), [chance.choice(SERVICES)], False),
    ]
    for number, (by, services, databases) in enumerate(moves, 1):
        await trouble.reached(number / (len(moves) + 2))
        await trouble.clocks_off(by, services, extent.turn, databases=databases)


async def newer_version(trouble: Trouble, _extent: Extent) -> None:
    """Messages of a version to come, all through the mailing: they are parked, nothing else."""
    unknown = list(newer())
    trouble.chance.shuffle(unknown)
    copies = 0
    for number, share in enumerate((0.1, 0.3, 0.5)):
        await trouble.reached(share)
        with trouble.harm("messages of a version to come", lasting=False):
            copies += await publish(trouble.house, unknown[number::3])

    async def all_are_parked() -> bool:
        return await parked(trouble.house) >= copies

    await eventually(all_are_parked, PARKED_WITHIN, every=0.5)
    dropped = await drop_parked(trouble.house)
    assert dropped == copies, f"{dropped} were parked, not {copies}"


def _minutes(trouble: Trouble) -> timedelta:
    return timedelta(seconds=trouble.chance.uniform(60, 900))
