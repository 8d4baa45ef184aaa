"""A mailing is stopped, changed and resumed in the middle: counted at the provider.

Every mailing here is caught while a part of its clients has it: the provider is slow, so that a few
seconds pass until all have.
"""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from tests.support.house import House, Json, csv_of, eventually

COUNT = 6_000
ZONES = ("Europe/Moscow", "Asia/Omsk", "UTC")
# Two senders with a hundred calls each then take 1,300 a second.
SLOW = {"latency_ms": 150}
STOPS_WITHIN = timedelta(seconds=1)
OPEN = ("waiting", "planned", "queued", "retrying")


async def half_sent(house: House, first_phone: int, tag: str, **body: Any) -> int:
    """A mailing of which some of its clients have got the text, and most have not."""
    phones = range(first_phone, first_phone + COUNT)
    await house.import_clients(csv_of(phones, ZONES, tag))
    await house.misbehave(**SLOW)
    mailing = await house.launch(filter={"tags": [tag]}, **body)
    await house.accepted(COUNT // 6)
    return mailing


def calls_after(records: list[Json], instant: datetime) -> list[str]:
    moments = (moment for record in records for moment in record["moments"])
    return [moment for moment in moments if datetime.fromisoformat(moment) > instant]


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


async def all_ended(house: House, mailing: int, patience: float = 60) -> Json:
    """The books once nothing of it is open."""

    async def ended() -> Json | None:
        books = await house.books(mailing)
        return None if any(books["by_status"][status] for status in OPEN) else books

    books: Json = await eventually(ended, patience, every=0.2)
    return books


async def everybody_once(house: House, count: int = COUNT) -> list[Json]:
    """What the provider received: one message for each client, each accepted once."""
    provider, records = await house.provider(), await house.received()
    assert (provider["distinct"], provider["repeats"], provider["changed"]) == (count, 0, 0)
    assert set(Counter(record["phone"] for record in records).values()) == {1}
    return records


async def test_pause_stops_within_a_second_and_resume_sends_exactly_the_rest(
    house: House, first_phone: int
) -> None:
    mailing = await half_sent(house, first_phone, "pause")
    paused = await house.act(mailing, "pause")
    answered_at = datetime.now(UTC)
    assert paused["state"] == "paused"
    assert paused["stop_confirmed"] is True
    assert paused["in_flight"] >= 0
    await asyncio.sleep(3)
    stopped = await house.received()
    books = await house.books(mailing)
    assert not calls_after(stopped, answered_at + STOPS_WITHIN)
    assert len(stopped) < COUNT
    assert books["in_flight"] == 0
    assert books["by_status"]["sent"] == len(stopped)
    assert sum(books["by_status"][status] for status in OPEN) == COUNT - len(stopped)

    assert (await house.act(mailing, "pause"))["revision"] == paused["revision"]
    await house.act(mailing, "resume")
    books = await house.finished(mailing)
    assert books["by_status"]["sent"] == books["audience"] == COUNT
    await everybody_once(house)


async def test_cancel_stops_within_a_second_for_good(house: House, first_phone: int) -> None:
    mailing = await half_sent(house, first_phone, "cancel")
    cancelled = await house.act(mailing, "cancel")
    answered_at = datetime.now(UTC)
    assert (cancelled["state"], cancelled["stop_confirmed"]) == ("cancelled", True)
    books = await all_ended(house, mailing)
    await asyncio.sleep(1)
    received = await house.received()
    assert not calls_after(received, answered_at + STOPS_WITHIN)
    assert books["by_status"]["sent"] == len(received) < COUNT
    assert books["by_status"]["cancelled"] == COUNT - len(received)


async def test_deleting_cancels_and_keeps_the_history(house: House, first_phone: int) -> None:
    mailing = await half_sent(house, first_phone, "delete")
    assert (await house.api.delete(f"/mailings/{mailing}")).status_code == 204
    answered_at = datetime.now(UTC)
    books = await all_ended(house, mailing)
    received = await house.received()
    assert not calls_after(received, answered_at + STOPS_WITHIN)
    assert books["by_status"]["sent"] == len(received) < COUNT
    assert (await house.ask(f"/mailings/{mailing}"))["state"] == "cancelled"
    listed = await house.ask("/mailings", limit=100)
    assert mailing not in [item["id"] for item in listed["items"]]


async def test_a_new_text_reaches_all_who_have_none_and_nobody_gets_both(
    house: House, first_phone: int
) -> None:
    mailing = await half_sent(house, first_phone, "text", text="The old words")
    # Answers get lost: whoever may have the old words must not be told the new ones.
    await house.misbehave(**SLOW, error_rate=0.02, drop_rate=0.02, hang_rate=0.005, seed=3)
    await house.accepted(COUNT // 3)
    await house.change(mailing, text="The new words")
    answered_at = datetime.now(UTC)
    books = await house.finished(mailing)
    records, provider = await house.received(), await house.provider()
    texts = Counter(record["text_sha256"] for record in records)
    phones = Counter(record["phone"] for record in records)
    late_first_calls = [
        record
        for record in records
        if datetime.fromisoformat(record["first_at"]) > answered_at + STOPS_WITHIN
    ]
    assert set(texts) == {hash_of("The old words"), hash_of("The new words")}
    assert provider["changed"] == 0
    assert set(phones.values()) == {1}
    assert {record["text_sha256"] for record in late_first_calls} == {hash_of("The new words")}
    assert books["by_status"]["sent"] + books["by_status"]["unknown"] == COUNT
    assert len(records) == COUNT


async def test_a_narrower_filter_leaves_out_who_has_not_got_it_yet(
    house: House, first_phone: int
) -> None:
    everybody = range(first_phone, first_phone + COUNT)
    kept = everybody[: COUNT // 2]
    await house.import_clients(csv_of(everybody, ZONES, "wide"))
    await house.import_clients(csv_of(kept, ZONES, "wide;narrow"))
    await house.misbehave(**SLOW)
    mailing = await house.launch(filter={"tags": ["wide"]})
    await house.accepted(COUNT // 6)
    await house.change(mailing, filter={"tags": ["narrow"]})
    answered_at = datetime.now(UTC)
    books = await house.finished(mailing)
    records = await house.received()
    phones = Counter(record["phone"] for record in records)
    numbers = {int(f"79{number:09d}") for number in kept}
    assert set(phones.values()) == {1}
    assert numbers <= set(phones)
    late = [
        record["phone"]
        for record in records
        if datetime.fromisoformat(record["first_at"]) > answered_at + STOPS_WITHIN
    ]
    assert set(late) <= numbers
    assert books["by_status"]["sent"] == len(records) < COUNT


async def test_a_closed_window_holds_the_rest_until_it_is_opened_again(
    house: House, first_phone: int
) -> None:
    mailing = await half_sent(house, first_phone, "window")
    later = datetime.now(UTC) + timedelta(hours=12)  # no clock of these zones is there now
    closed = {"from": f"{later:%H:00}", "to": f"{later + timedelta(hours=1):%H:00}"}
    await house.change(mailing, window=closed, ends_at=(later + timedelta(days=2)).isoformat())
    answered_at = datetime.now(UTC)
    await asyncio.sleep(3)
    held = await house.received()
    assert not calls_after(held, answered_at + STOPS_WITHIN)

    async def the_rest_is_held() -> bool:
        statuses = (await house.books(mailing))["by_status"]
        return bool(statuses["waiting"] + statuses["planned"] == COUNT - len(held))

    await eventually(the_rest_is_held, 30, every=0.2)
    books = await house.books(mailing)
    assert books["by_status"]["sent"] == len(await house.received()) == len(held) < COUNT

    await house.change(mailing, window=None)
    books = await house.finished(mailing)
    assert books["by_status"]["sent"] == COUNT
    await everybody_once(house)


async def test_an_earlier_end_expires_the_rest(house: House, first_phone: int) -> None:
    mailing = await half_sent(house, first_phone, "end")
    end = datetime.now(UTC) + timedelta(seconds=1)
    await house.change(mailing, ends_at=end.isoformat())
    books = await house.finished(mailing)
    received = await house.received()
    # The provider notes a call some milliseconds after it began.
    assert not calls_after(received, end + timedelta(milliseconds=200))
    assert books["by_status"]["sent"] == len(received) < COUNT
    assert books["by_status"]["expired"] == COUNT - len(received)


async def test_a_lower_rate_holds_from_now_on(house: House, first_phone: int) -> None:
    mailing = await half_sent(house, first_phone, "rate")
    await house.change(mailing, rate_per_second=100)
    await asyncio.sleep(3)  # what was on its way by then has come back
    before = len(await house.received())
    await asyncio.sleep(4)
    after = len(await house.received())
    assert 300 <= after - before <= 560
    await house.change(mailing, rate_per_second=None)
    await house.finished(mailing)
    await everybody_once(house)


async def test_an_urgent_mailing_passes_a_bulk_one(house: House, first_phone: int) -> None:
    bulk = await half_sent(house, first_phone, "bulk", priority="bulk")
    few = range(first_phone + COUNT, first_phone + COUNT + 10)
    await house.import_clients(csv_of(few, ZONES, "urgent"))
    started = datetime.now(UTC)
    urgent = await house.launch(filter={"tags": ["urgent"]}, priority="urgent", text="At once")
    await house.finished(urgent, patience=10)
    records = [r for r in await house.received() if r["text_sha256"] == hash_of("At once")]
    last = max(datetime.fromisoformat(record["first_at"]) for record in records)
    assert len(records) == 10
    assert last - started < timedelta(seconds=5)
    assert (await house.finished(bulk))["by_status"]["sent"] == COUNT
    await everybody_once(house, COUNT + 10)
