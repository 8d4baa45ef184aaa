"""Never outside the window by the client's clock: asserted on what the provider received.

Mailings of every kind go to clients of every zone whose clock differs from another's, over a
weekend on which clocks change, past a provider that errs, hangs and goes away. The verdict is the
brute-force oracle's, which shares nothing with the services but the rules in words.
"""

import asyncio
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256

import pytest

from shared.contracts.directory import ClientsChanged
from tests.integration.local_time.mailings import News, Told, around_weekend
from tests.integration.local_time.walk import Oracle, Stay, Step, walk
from tests.integration.local_time.world import World, running_world
from tests.support.brute_force import DAY, MINUTE, allowed, changes, distinct_zones, wall_at
from tests.support.examples import client
from tests.support.servers import PostgresForTests, RabbitMQForTests

pytestmark = pytest.mark.servers

EXTREMES = ("Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati", "Etc/GMT+12")
EACH = 2  # clients of every zone
# Together so many that some calls fail at every step, so few that hardly any message fails six
# times on end: once in a thousand runs.
FAULTS = {"error_rate": 0.04, "drop_before_rate": 0.02, "drop_rate": 0.02, "hang_rate": 0.01}
# A provider that always fails would stop the channel before everybody has been tried.
NEARLY_ALL = {"error_rate": 0.7}
BRIEFLY = 0.05  # seconds that a hasty stay lasts: commands are on their way then
# From the moment a wave begins to its first call, by a clock that goes on during a stay.
AT_ONCE = MINUTE


@dataclass
class Run:
    """One weekend: what was told, and the moments at which the test itself made calls late."""

    world: World
    told: list[Told]
    zone_of: dict[int, str]
    chance: random.Random
    disturbed: list[datetime] = field(default_factory=list)

    async def follow(self, steps: list[Step]) -> None:
        news = sorted((n for told in self.told for n in told.news()), key=lambda one: one.at)
        for step in steps:
            while news and news[0].at <= step.at:
                await self._tell(news.pop(0))
            if step.at > self.world.clock.now():
                await self.world.move_to(step.at)
                await self._stay(step.stay)
            elif step.stay in (Stay.CALM, Stay.BRINK):
                await self._stay(step.stay)
        assert not news

    async def _tell(self, news: News) -> None:
        if news.at > self.world.clock.now():
            await self.world.move_to(news.at)
        await self.world.announce(news.mailing, news.gate)

    async def _stay(self, stay: Stay) -> None:
        now = self.world.clock.now()
        if stay is Stay.CALM:
            self.world.misbehave()
            await self.world.settled(retries=True)
            # What a stopped channel gave back waits for half a minute.
            await self.world.move_to(self.world.clock.now() + MINUTE)
            await self.world.settled(retries=True)
        elif stay is Stay.HASTY:
            self.disturbed.append(now)
            self.world.misbehave(outage=self.chance.random() < 0.3, **FAULTS)
            await asyncio.sleep(self.chance.random() * BRIEFLY)
        else:
            self.world.misbehave(**(NEARLY_ALL if stay is Stay.BRINK else FAULTS))
            await self.world.settled(retries=False)


@pytest.mark.parametrize("change", [date(2027, 3, 28), date(2026, 10, 25)], ids=str)
async def test_nobody_is_contacted_outside_the_window(
    postgres: PostgresForTests, rabbitmq: RabbitMQForTests, change: date
) -> None:
    await over_a_weekend(postgres, rabbitmq, change, some_zones(change), jumps=20)


def some_zones(change: date) -> list[str]:
    """Those whose clocks change then, and every sixth of the others."""
    changing = {one.zone for one in changes() if abs(one.at.date() - change) <= 3 * DAY}
    return sorted({*changing, *list(distinct_zones())[::6], *EXTREMES})


def all_weekends() -> list[date]:
    """A day for each cluster of changes in 2026-2028."""
    days = sorted({change.at.date() for change in changes()})
    return [day for n, day in enumerate(days) if n == 0 or day - days[n - 1] > DAY]


@pytest.mark.slow
@pytest.mark.parametrize("change", all_weekends(), ids=str)
async def test_on_every_weekend_of_changes(
    postgres: PostgresForTests, rabbitmq: RabbitMQForTests, change: date
) -> None:
    zones = sorted({*distinct_zones(), *EXTREMES})
    await over_a_weekend(postgres, rabbitmq, change, zones, jumps=100)


async def over_a_weekend(
    postgres: PostgresForTests,
    rabbitmq: RabbitMQForTests,
    change: date,
    zones: list[str],
    *,
    jumps: int,
) -> None:
    chance = random.Random(change.toordinal())
    begins = datetime(change.year, change.month, change.day, tzinfo=UTC) - 3 * DAY
    told = around_weekend(change, begins, chance)
    oracle = Oracle(told, zones, begins, begins + 7 * DAY)
    clients = [client(n, timezone=zones[n % len(zones)]) for n in range(1, EACH * len(zones) + 1)]
    async with running_world(postgres, rabbitmq, begins) as world:
        await world.tell(ClientsChanged(clients=tuple(clients)))
        run = Run(world, told, {int(c.phone): c.timezone for c in clients}, chance)
        await run.follow(walk(oracle, told, chance, jumps))
        every_call_was_allowed(run)
        nobody_began_late(run, oracle)
        everybody_who_could_be_was_reached_once(run, oracle)
        await the_books_agree(run)


@dataclass(frozen=True)
class Call:
    message: int
    mailing: Told
    zone: str
    at: datetime


def accepted(run: Run) -> dict[tuple[int, int], list[Call]]:
    """By message's mailing and phone, from the provider's record, one list for each message."""
    by_text = {sha256(mailing.text.encode()).hexdigest(): mailing for mailing in run.told}
    found: dict[tuple[int, int], list[Call]] = {}
    for record in run.world.provider.books.page(None, 1_000_000).items:
        mailing, phone = by_text[record["text_sha256"]], record["phone"]
        assert (mailing.number, phone) not in found, "two messages of one mailing to one client"
        moments = map(datetime.fromisoformat, record["moments"])
        zone = run.zone_of[phone]
        found[mailing.number, phone] = [Call(record["id"], mailing, zone, at) for at in moments]
    return found


def heard(run: Run) -> list[Call]:
    """Every call about a message that was accepted in the end, whatever it was answered."""
    calls = [call for calls in accepted(run).values() for call in calls]
    first = {call.message: call for call in reversed(calls)}
    return [replace(first[id_], at=at) for id_, at in run.world.provider.heard if id_ in first]


def every_call_was_allowed(run: Run) -> None:
    """Those that were accepted, repeats too, and of their messages those that were not."""
    calls = [call for calls in accepted(run).values() for call in calls]
    assert len(calls) > len(run.zone_of)
    tried = heard(run)
    assert len(tried) > len(calls), "no call has failed"
    for call in (*calls, *tried):
        wall = wall_at(call.zone, call.at)
        schedules = call.mailing.schedules_at(call.at)
        assert any(allowed(schedule, call.at, wall) for schedule in schedules), (call, wall)


def nobody_began_late(run: Run, oracle: Oracle) -> None:
    """A wave begins within ``max_lateness`` of its opening, or waits for another. It has begun with
    its first call, even if that failed: of a zone's two clients both do, now and then."""
    calls: dict[tuple[int, str], list[datetime]] = defaultdict(list)
    for call in heard(run):
        calls[call.mailing.number, call.zone].append(call.at)
    for mailing in run.told:
        patience = mailing.schedule.max_lateness
        if patience is None:  # as it is of those that are paused or changed
            continue
        for zone in set(run.zone_of.values()):
            for opening in oracle.openings[mailing.number, zone]:
                last = opening.opens_at + patience + AT_ONCE
                inside = [
                    at
                    for at in calls[mailing.number, zone]
                    if opening.opens_at <= at < opening.closes_at
                ]
                disturbed = any(opening.opens_at <= at <= last for at in run.disturbed)
                assert disturbed or not inside or min(inside) <= last, (mailing, zone, opening)


def everybody_who_could_be_was_reached_once(run: Run, oracle: Oracle) -> None:
    reached = set(accepted(run))
    chances = oracle.last_chances()
    for mailing in run.told:
        for phone, zone in run.zone_of.items():
            if (mailing.number, zone) in chances:
                assert (mailing.number, phone) in reached, (mailing, zone, phone)
    # Only a lost answer is a reason to call again.
    repeats_after = run.world.provider.books.summary()["repeats_after"]
    assert set(repeats_after) <= {"dropped", "hung"}


async def the_books_agree(run: Run) -> None:
    """The last of the claims to be checked, and the only one about what we recorded."""
    reached = Counter(number for number, _ in accepted(run))
    for mailing in run.told:
        books = await run.world.closed_books(mailing.number)
        assert books["audience"] == len(run.zone_of)
        assert books["by_status"]["sent"] == reached[mailing.number]
        assert books["by_status"]["expired"] == books["audience"] - reached[mailing.number]
