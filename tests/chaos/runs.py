"""One run: a mailing, what goes wrong during it, and what is found afterwards."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.chaos.judge import Acceptance, Evidence, Verdict, judge
from tests.chaos.remains import remains
from tests.chaos.scenarios import Extent, Scenario
from tests.chaos.trouble import Trouble
from tests.support.house import House, csv_of

SLOTS = 200  # calls that two senders have under way
SLOWEST = 1.5  # seconds for a call: half of what the senders wait
ZONES = ("Europe/Moscow", "Asia/Tokyo", "America/New_York", "UTC")
NOT_SENT = ("failed", "unknown", "expired", "suppressed", "cancelled")
PATIENCE = 180.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """``changed``: repeats that said something else; ``remains``: what lies where, afterwards;
    ``failure``: why the run was broken off, or the books were found wrong."""

    scenario: str
    seed: int
    messages: int
    verdict: Verdict
    changed: int
    by_status: Mapping[str, int]
    remains: Mapping[str, int]
    seconds: float
    failure: str | None = None

    @property
    def sound(self) -> bool:
        v = self.verdict
        bad = v.lost or v.unexplained or self.changed or self.remains or self.failure
        return v.harmed and not bad

    @property
    def sentence(self) -> str:
        counts = {status: n for status, n in self.by_status.items() if n}
        return (
            f"{self.scenario}, seed {self.seed}, {self.seconds:.0f} s: {counts}, {self.verdict},"
            f" {self.changed} changed, {dict(self.remains) or 'nothing'} left behind"
            + (f"; {self.failure}" if self.failure else "")
        )


async def carry_out(
    house: House, scenario: Scenario, seed: int, phones: range, extent: Extent
) -> Run:
    """``phones``: nine digits each, of clients that no other run has."""
    started = time.monotonic()
    slow = min(scenario.lasts * SLOTS / len(phones), SLOWEST)
    trouble = Trouble(house, random.Random(seed), len(phones), {"latency_ms": slow * 1000})
    await house.forget()
    await house.log_in()  # the last login does not last for as many runs as one may ask for
    await house.misbehave(**trouble.usual)
    tag = f"chaos-{phones.start}"
    await house.import_clients(csv_of(phones, ZONES, tag))
    rate = max(1, round(len(phones) / scenario.lasts)) if scenario.paced else None
    mailing = await house.launch(filter={"tags": [tag]}, rate_per_second=rate)
    failure = await _live_through(scenario, trouble, extent, mailing)
    finished = time.time()
    books = await house.ask(f"/mailings/{mailing}/statistics")
    provider = await house.provider()
    evidence = Evidence(
        phones=frozenset(f"79{phone:09d}" for phone in phones),
        accepted=[_acceptance(record) for record in await house.received()],
        repeats_after=provider["repeats_after"],
        given_up=await _given_up(house, mailing, books["by_status"]),
        harms=trouble.harms,
        finished=finished,
    )
    return Run(
        scenario=scenario.name,
        seed=seed,
        messages=len(phones),
        verdict=judge(evidence),
        changed=provider["changed"],
        by_status=books["by_status"],
        remains=await remains(house),
        seconds=time.monotonic() - started,
        failure=failure,
    )


async def _live_through(
    scenario: Scenario, trouble: Trouble, extent: Extent, mailing: int
) -> str | None:
    """What goes wrong, and the mailing's end all the same. A sentence if it did not come to it."""
    try:
        await scenario.happens(trouble, extent)
        await trouble.house.finished(mailing, PATIENCE)
    except TimeoutError as stuck:
        return f"stuck: {stuck}"
    except AssertionError as wrong:  # the books do not balance, or cannot be had
        return f"wrong: {wrong}"
    return None


def _acceptance(record: Json) -> Acceptance:
    moments = tuple(datetime.fromisoformat(at).timestamp() for at in record["moments"])
    return Acceptance(record["id"], str(record["phone"]), moments)


async def _given_up(
    house: House, mailing: int, by_status: Mapping[str, int]
) -> dict[str, str | None]:
    """Phone → reason of every message that did not go out."""
    found: dict[str, str | None] = {}
    for status in NOT_SENT:
        if by_status[status]:
            for message in await house.messages(mailing, status):
                found[message["phone"]] = message["reason"]
    return found
