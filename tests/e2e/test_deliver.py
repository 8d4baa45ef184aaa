"""A mailing from the gateway to the provider, with everything running."""

import asyncio
import time
from datetime import UTC, datetime

import httpx

from shared.domain.zones import inhabited_zones
from tests.support.house import House, csv_of

MANY = 20_000


async def test_twenty_thousand_are_sent_once_each(house: House, first_phone: int) -> None:
    phones = range(first_phone, first_phone + MANY)
    done = await house.import_clients(csv_of(phones, inhabited_zones(), "many"))
    assert (done["state"], done["rows_accepted"]) == ("done", MANY)
    mailing = await house.launch(filter={"tags": ["many"]})
    books = await house.finished(mailing)
    closed_at = datetime.now(UTC)
    provider = await house.provider()
    assert books["by_status"]["sent"] == books["audience"] == MANY
    assert (provider["distinct"], provider["repeats"]) == (MANY, 0)
    last_sent = datetime.fromisoformat(provider["last_at"])
    assert (closed_at - last_sent).total_seconds() < 5


async def test_an_outage_of_twenty_seconds_loses_nothing(house: House, first_phone: int) -> None:
    count = 12_000
    phones = range(first_phone, first_phone + count)
    await house.import_clients(csv_of(phones, ("Europe/Moscow", "Asia/Omsk"), "outage"))
    mailing = await house.launch(filter={"tags": ["outage"]})

    await house.accepted(count // 6)
    await house.misbehave(outage_seconds=20)
    during = []
    until = time.monotonic() + 20
    while time.monotonic() < until:
        during.append(await timed(house.api, f"/mailings/{mailing}"))
        await house.books(mailing)
        await asyncio.sleep(0.25)
    books = await house.finished(mailing)
    calm = [await timed(house.api, f"/mailings/{mailing}") for _ in range(40)]
    provider = await house.provider()
    assert books["by_status"]["sent"] == count
    assert (provider["distinct"], provider["repeats"]) == (count, 0)
    assert median(during) < 10 * median(calm) + 0.05, (median(during), median(calm))


async def timed(api: httpx.AsyncClient, path: str) -> float:
    started = time.monotonic()
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    return time.monotonic() - started


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


async def test_faults_of_every_kind_are_retried_and_explained(
    house: House, first_phone: int
) -> None:
    count = 2_000
    phones = range(first_phone, first_phone + count)
    await house.import_clients(csv_of(phones, ("UTC",), "faults"))
    await house.misbehave(
        error_rate=0.03, garbage_rate=0.01, drop_rate=0.01, drop_before_rate=0.01,
        throttle_rate=0.005, reject_rate=0.01, hang_rate=0.002, seed=7,
    )  # fmt: skip
    mailing = await house.launch(filter={"tags": ["faults"]})
    books = await house.finished(mailing, patience=180)
    provider = await house.provider()
    by_status = books["by_status"]
    ended = sum(by_status[status] for status in ("sent", "failed", "unknown"))
    assert ended == books["audience"] == count
    # What was accepted is sent, or unknown when every answer was lost; never just failed.
    assert by_status["sent"] <= provider["distinct"] <= by_status["sent"] + by_status["unknown"]
    ended_badly = by_status["failed"] + by_status["unknown"]
    assert ended_badly >= provider["by_answer"]["rejected"] > 0
    # A repeat follows only an answer that was lost.
    assert set(provider["repeats_after"]) <= {"garbage", "dropped", "hung"}
    assert provider["changed"] == 0


async def test_receipts_end_what_was_sent_and_stop_ends_the_sending(
    house: House, first_phone: int
) -> None:
    """One client says STOP between two mailings and is sent nothing more."""
    count = 50
    phones = range(first_phone, first_phone + count)
    await house.import_clients(csv_of(phones, ("Europe/Moscow", "Asia/Omsk"), "receipts"))
    await house.misbehave(receipts=True)
    first = await house.launch(filter={"tags": ["receipts"]})
    assert (await house.received_by_all(first))["by_status"]["delivered"] == count

    leaves = f"79{first_phone:09d}"
    said = {"phone": int(leaves), "text": "Stop, please"}
    assert (await house.simulator.post("/control/inbound", json=said)).json() == {"status": 202}
    second = await house.launch(filter={"tags": ["receipts"]})
    by_status = (await house.received_by_all(second))["by_status"]
    assert (by_status["delivered"], by_status["suppressed"]) == (count - 1, 1)
    assert (await house.provider())["distinct"] == 2 * count - 1

    [client] = (await house.ask("/clients", phone=leaves))["items"]
    assert client["blocked"]
    why = await house.ask(f"/clients/{client['id']}/explain", mailing_id=second)
    assert (why["verdict"], why["reason"]) == ("not_sent", "blocked")
    got = (await house.messages(second, "delivered"))[0]
    proof = await house.ask(f"/messages/{got['id']}")
    assert (proof["receipt"]["status"], proof["receipt"]["provider"]) == ("delivered", "simulator")
