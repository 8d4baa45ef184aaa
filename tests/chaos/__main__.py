"""``python -m tests.chaos``: kill -9 of every service, many times, and count at the provider.

Each round takes a mailing of its own and a seed that decides who is killed and when. After every
round: nothing lost, every repeat the same message again, the books balance. Prints a table and
exits 1 when a round has failed.
"""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.support.house import House, csv_of, running_house

VICTIMS = ("api", "scheduler-1", "scheduler-2", "sender-1", "sender-2", "stats")
SETTINGS = {
    "SCHEDULER_REPLICAS": "2",
    "SENDER_REPLICAS": "2",
    "SENDER_RETRY_TIERS": "1,2,5",
    "SENDER_CALL_TIMEOUT": "3",
}
ZONES = ("Europe/Moscow", "Asia/Tokyo", "America/New_York", "UTC")


@dataclass(frozen=True)
class Round:
    seed: int
    messages: int
    kills: int
    lost: int
    repeated: int
    changed: int
    seconds: float

    @property
    def sound(self) -> bool:
        return self.lost == 0 and self.changed == 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=6, help="in each round")
    parser.add_argument("--seed", type=int, default=1)
    rounds = asyncio.run(_rounds(parser.parse_args()))
    _show(rounds)
    sys.exit(not all(one.sound for one in rounds))


async def _rounds(options: argparse.Namespace) -> list[Round]:
    home = Path(tempfile.mkdtemp(prefix="carillon-chaos-"))
    try:
        async with running_house(home, SETTINGS) as house:
            return [
                await kill_at_random(house, seed, options.messages, options.kills)
                for seed in range(options.seed, options.seed + options.rounds)
            ]
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def kill_at_random(house: House, seed: int, messages: int, kills: int) -> Round:
    """One mailing, during which processes die."""
    chance = random.Random(seed)
    started = time.monotonic()
    await house.forget()
    await house.misbehave(latency_ms=30)
    tag = f"chaos-{seed}"
    phones = range(seed * 1_000_000, seed * 1_000_000 + messages)
    await house.import_clients(csv_of(phones, ZONES, tag))
    mailing = await house.launch(filter={"tags": [tag]})
    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        victim = chance.choice(VICTIMS)
        await house.back(victim, house.kill(victim))
    books = await house.finished(mailing, patience=180)
    provider = await house.provider()
    return Round(
        seed=seed,
        messages=messages,
        kills=kills,
        lost=messages - min(provider["distinct"], books["by_status"]["sent"]),
        repeated=provider["repeats"],
        changed=provider["changed"],
        seconds=time.monotonic() - started,
    )


def _show(rounds: list[Round]) -> None:
    table = Table(title="kill -9 of services at random")
    for heading in ("seed", "messages", "kills", "lost", "repeated", "changed", "seconds"):
        table.add_column(heading, justify="right")
    for one in rounds:
        cells = (one.seed, one.messages, one.kills, one.lost, one.repeated, one.changed)
        table.add_row(*map(str, cells), f"{one.seconds:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
