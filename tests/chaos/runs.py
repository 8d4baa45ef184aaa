"""One run: a mailing, what goes wrong during it, and what is found afterwards."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.chaos.extent import Extent
from tests.chaos.judge import Acceptance, Evidence, Verdict, judge
from tests.chaos.remains import remains
from tests.chaos.scenarios import Scenario
from tests.chaos.sites import Site
from tests.chaos.trouble import Trouble
from tests.support.house import House, csv_of, eventually

SLOTS = 200  # calls that two senders have under way
SLOWEST = 1.5  # seconds for a call: half of what the senders wait
ZONES = ("Europe/Moscow", "Asia/Tokyo", "America/New_York", "UTC")
NOT_SENT = ("failed", "unknown", "expired", "suppressed", "cancelled")
BOOKS_WITHIN = 30.0
# Long enough that clocks which are set back by minutes do not leave the mailing's time.
BEGAN = timedelta(hours=1)

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
        return not self.faults

    @property
    def faults(self) -> list[str]:
        """What was found that must not be."""
        verdict = self.verdict
        counts = {
            "lost": verdict.lost,
            "repeated without reason": verdict.unexplained,
            "repeated with other words": self.changed,
            "left behind": sum(self.remains.values()),
        }
        found = [f"{count} {what}" for what, count in counts.items() if count]
        if self.failure is not None:
            found.append(self.failure)
        return found if verdict.harmed else [*found, "nothing was under way any more"]

    @property
    def sentence(self) -> str:
        counts = {status: n for status, n in self.by_status.items() if n}
        return (
            f"{self.scenario}, seed {self.seed}, {self.seconds:.0f} s: {counts}, {self.verdict},"
            f" {self.changed} changed, {dict(self.remains) or 'nothing'} left behind"
            + (f"; {self.failure}" if self.failure else "")
        )


async def carry_out(
    site: Site, scenario: Scenario, seed: int, phones: range, extent: Extent
) -> Run:
    """``phones``: nine digits each, of clients that no other run has."""
    house = site.house
    started = time.monotonic()
    slow = min(scenario.lasts * SLOTS / len(phones), SLOWEST)
    trouble = Trouble(site, random.Random(seed), len(phones), {"latency_ms": slow * 1000})
    await house.forget()
    await house.log_in()  # the last login does not last for as many runs as one may ask for
    await house.misbehave(**trouble.usual)
    tag = f"chaos-{phones.start}"
    await house.import_clients(csv_of(phones, ZONES, tag))
    rate = max(1, round(len(phones) / scenario.lasts)) if scenario.paced else None
    mailing = await house.launch(
        filter={"tags": [tag]},
        rate_per_second=rate,
        starts_at=(datetime.now(UTC) - BEGAN).isoformat(),
    )
    failure = await _live_through(scenario, trouble, extent, mailing)
    finished = time.time()
    books = await _books(house, mailing)
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
        await trouble.house.finished(mailing, extent.patience)
    except TimeoutError as stuck:
        return f"stuck: {stuck}"
    except AssertionError as wrong:  # the books do not balance, or cannot be had
        return f"wrong: {wrong}"
    except httpx.HTTPError as gone:  # who was asked is not there, though nothing was done to it
        return f"gone: {type(gone).__name__} {gone}"
    return None


async def _books(house: House, mailing: int) -> Json:
    """As they are, whatever came of the run: who tells them may be back a moment ago."""

    async def told() -> Json | None:
        answer = await house.api.get(f"/mailings/{mailing}/statistics")
        return answer.json() if answer.status_code == 200 else None

    books: Json = await eventually(told, BOOKS_WITHIN, every=0.5)
    return books


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
