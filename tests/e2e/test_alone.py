"""The gateway with everything else standing still: processes that neither answer nor hang up are
worse than those that are gone."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from tests.support.house import House, csv_of

OTHERS = ("scheduler-1", "scheduler-2", "sender-1", "sender-2", "stats", "rabbitmq")
COUNT = 500
AT_ONCE = 50
# Seconds until a person must have been told that the statistics are not to be had.
TOLD_WITHIN = 1.0


@asynccontextmanager
async def standing_still(house: House) -> AsyncIterator[None]:
    pids = [house.pid(name) for name in OTHERS]
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_the_gateway_takes_in_everything_and_all_of_it_goes_out_once(
    house: House, first_phone: int
) -> None:
    phones = range(first_phone, first_phone + COUNT)
    async with standing_still(house):
        await house.import_clients(csv_of(phones, ("Europe/Moscow", "UTC"), "still"))
        added = await asyncio.gather(*(_client(house, n) for n in range(AT_ONCE)))
        first = added[0].json()["id"]
        renamed = await house.api.patch(f"/clients/{first}", json={"name": "Ann"})
        await house.api.delete(f"/clients/{added[1].json()['id']}")
        mailing = await house.launch(filter={"tags": ["still"]})
        later = await house.launch(filter={"tags": ["still"]}, draft=True)
        await house.change(later, name="Later")
        shown = await house.ask("/mailings", limit=2)
        refused = await _refused(house, f"/mailings/{mailing}/statistics", "/statistics")
    assert {one.status_code for one in added} == {201}
    assert renamed.json()["name"] == "Ann"
    assert [one["id"] for one in shown["items"]] == [later, mailing]
    for answer in refused:
        assert answer.status_code == 503, answer.text
        assert "statistics" in answer.json()["detail"]
        assert "retry-after" in answer.headers
    books = await house.finished(mailing)
    assert books["by_status"]["sent"] == books["audience"] == COUNT + AT_ONCE - 1
    provider = await house.provider()
    assert provider["distinct"] == COUNT + AT_ONCE - 1
    assert provider["repeats"] == 0


async def _client(house: House, number: int) -> httpx.Response:
    phone = f"78{number:09d}"
    body = {"phone": phone, "timezone": "Asia/Omsk", "tags": ["still"]}
    return await house.api.post("/clients", json=body)


async def _refused(house: House, *paths: str) -> list[httpx.Response]:
    answers = []
    for path in paths:
        asked = time.monotonic()
        answers.append(await house.api.get(path))
        assert time.monotonic() - asked < TOLD_WITHIN, path
    return answers
