"""The named scenarios: what goes wrong during a mailing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.chaos.trouble import Trouble

SERVICES = ("api", "scheduler-1", "scheduler-2", "sender-1", "sender-2", "stats")


@dataclass(frozen=True)
class Extent:
    """How much of it: ``pause``: seconds that a server stands still; ``turn``: that the provider
    misbehaves in one way; ``kills``: in a run of random ones."""

    pause: float
    turn: float
    kills: int

    @classmethod
    def long(cls) -> "Extent":
        return cls(pause=30.0, turn=5.0, kills=10)

    @classmethod
    def short(cls) -> "Extent":
        return cls(pause=6.0, turn=2.0, kills=4)


@dataclass(frozen=True)
class Scenario:
    """``lasts``: seconds that the mailing would take undisturbed; the provider is slow enough.
    ``paced``: it is also emitted in the same time and not ahead, so batch follows batch."""

    name: str
    lasts: float
    happens: Callable[[Trouble, Extent], Awaitable[None]]
    paced: bool = False


async def random_kills(trouble: Trouble, extent: Extent) -> None:
    """kill -9 of any service, at any moment."""
    for _ in range(extent.kills):
        await asyncio.sleep(trouble.chance.uniform(0.1, 1.0))
        await trouble.kill(trouble.chance.choice(SERVICES))


async def rabbitmq_killed(trouble: Trouble, _extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.kill("rabbitmq"))


async def postgres_killed(trouble: Trouble, _extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.kill("postgres"))


async def batch_cut_off(trouble: Trouble, _extent: Extent) -> None:
    """While a batch is being published, first its scheduler dies, later the broker."""
    await trouble.reached(trouble.chance.uniform(0.05, 0.3))
    async with trouble.publishing():
        await asyncio.gather(*(trouble.kill(f"scheduler-{n}") for n in (1, 2)))
    await trouble.reached(trouble.chance.uniform(0.4, 0.6))
    async with trouble.publishing():
        await trouble.cut_off("rabbitmq")


async def rabbitmq_paused(trouble: Trouble, extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.freeze("rabbitmq", extent.pause))


async def postgres_paused(trouble: Trouble, extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.freeze("postgres", extent.pause))


async def provider_in_turns(trouble: Trouble, extent: Extent) -> None:
    """Down, hanging, lying (it accepts and drops the connection), throttling, answering garbage."""
    turns: list[dict[str, Any]] = [
        {"outage": True},
        {"hang_rate": 1.0},
        {"drop_rate": 0.5},
        {"rate_limit_per_second": 50.0},
        {"garbage_rate": 0.5},
    ]
    trouble.chance.shuffle(turns)
    for number, faults in enumerate(turns, 1):
        await trouble.reached(number / (len(turns) + 2))
        await trouble.provider(extent.turn, **faults)


async def rolling_restart(trouble: Trouble, _extent: Extent) -> None:
    """A deploy: every process ends by SIGTERM and another takes its place, one after another."""
    await trouble.reached(0.1)
    for name in trouble.chance.sample(SERVICES, len(SERVICES)):
        await trouble.restart(name)


async def _once_somewhere(trouble: Trouble, deed: Callable[[], Awaitable[None]]) -> None:
    await trouble.reached(trouble.chance.uniform(0.1, 0.6))
    await deed()


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("random-kills", 20.0, random_kills),
        Scenario("rabbitmq-killed", 8.0, rabbitmq_killed),
        Scenario("postgres-killed", 8.0, postgres_killed),
        Scenario("batch-cut-off", 8.0, batch_cut_off, paced=True),
        Scenario("rabbitmq-paused", 8.0, rabbitmq_paused),
        Scenario("postgres-paused", 8.0, postgres_paused),
        Scenario("provider-in-turns", 20.0, provider_in_turns),
        Scenario("rolling-restart", 20.0, rolling_restart),
    )
}
