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

SETTINGS = {
    "SCHEDULER_REPLICAS": "2",
    "SENDER_REPLICAS": "2",
    "SENDER_RETRY_TIERS": "1,2,5",
    "SENDER_CALL_TIMEOUT": "3",
}
SLOTS = 200  # calls that two senders have under way
SLOWEST = 1.5  # seconds for a call: half of what the senders wait
ZONES = ("Europe/Moscow", "Asia/Tokyo", "America/New_York", "UTC")
NOT_SENT = ("failed", "unknown", "expired", "suppressed", "cancelled")
PATIENCE = 180.0

Json = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """``changed``: repeats that said something else; ``remains``: what lies where, afterwards."""

    scenario: str
    seed: int
    messages: int
    verdict: Verdict
    changed: int
    by_status: Mapping[str, int]
    remains: Mapping[str, int]
    seconds: float

    @property
    def sound(self) -> bool:
        v = self.verdict
        return v.harmed and not (v.lost or v.unexplained or self.changed or self.remains)

    @property
    def sentence(self) -> str:
        counts = {status: n for status, n in self.by_status.items() if n}
        return (
            f"{self.scenario}, seed {self.seed}, {self.seconds:.0f} s: {counts}, {self.verdict},"
            f" {self.changed} changed, {dict(self.remains) or 'nothing'} left behind"
        )


async def carry_out(
    house: House, scenario: Scenario, seed: int, phones: range, extent: Extent
) -> Run:
    """``phones``: nine digits each, of clients that no other run has.

    Raises TimeoutError when the mailing does not finish.
    """
    started = time.monotonic()
    slow = min(scenario.lasts * SLOTS / len(phones), SLOWEST)
    trouble = Trouble(house, random.Random(seed), len(phones), {"latency_ms": slow * 1000})
    await house.forget()
    await house.log_in()  # the last login does not last for as many runs as one may ask for
    await house.misbehave(**trouble.usual)
    tag = f"chaos-{phones.start}"
    await house.import_clients(csv_of(phones, ZONES, tag))
    mailing = await house.launch(filter={"tags": [tag]})
    await scenario.happens(trouble, extent)
    books = await house.finished(mailing, PATIENCE)
    finished = time.time()
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
    )


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
