"""The desk, with everything running: what failed is sent again once the provider is well, what is
unknown is resolved, and what nobody could read is put by."""

import asyncio
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import aio_pika

from shared.contracts.topology import EVENTS, SEND
from tests.chaos.remains import drop_parked
from tests.support.house import House, csv_of, eventually

COUNT = 300
# Of three calls one is refused, and of the answers to as many nothing is heard.
ILL = {"reject_rate": 0.3, "drop_rate": 0.15, "garbage_rate": 0.15, "seed": 5}
TEXT = "The lighthouse keeper rings"

Json = dict[str, Any]


async def test_what_failed_is_sent_again_and_the_rest_resolved(
    house: House, first_phone: int
) -> None:
    phones = range(first_phone, first_phone + COUNT)
    await house.import_clients(csv_of(phones, ("Europe/Moscow", "UTC"), "desk"))
    await house.misbehave(**ILL)
    mailing = await house.launch(filter={"tags": ["desk"]}, text=TEXT, name="Desk")
    ill = (await house.finished(mailing))["by_status"]
    assert ill["sent"] + ill["failed"] + ill["unknown"] == COUNT
    failed, unknown = ids(await house.messages(mailing, "failed")), await unknowns(house, mailing)
    assert len(failed) > 20
    assert len(unknown) > 5

    group = await look(house, mailing, ill, phones)
    await house.misbehave()
    await replay_group(house, mailing, group, failed)
    await resolve(house, mailing, unknown)

    # The rest of the unknown, and the one that a person says has failed.
    done = await ask_to_replay(house, mailing_id=mailing)
    assert done["messages"] == len(unknown) - 1
    well = (await house.finished(mailing))["by_status"]
    provider = await house.provider()
    assert well["sent"] == COUNT
    assert provider["changed"] == 0
    await audited(house, mailing, len(unknown) - 1)


async def look(house: House, mailing: int, by_status: Json, phones: range) -> Json:
    """The one group of those that failed."""
    answer = await house.api.get("/dead-letters", params={"mailing_id": mailing, "limit": 500})
    groups: list[Json] = answer.json()["items"]
    for status in ("failed", "unknown"):
        counts = (each["messages"] for each in groups if each["status"] == status)
        assert sum(counts) == by_status[status]
    assert TEXT not in answer.text
    assert not any(f"79{phone:09d}" in answer.text for phone in phones)
    [group] = (each for each in groups if each["status"] == "failed")
    assert (group["mailing_name"], group["reason"]) == ("Desk", "rejected")
    body = group["sample"]["request"]["body"]
    assert body["text"] is None
    assert "*****" in body["phone"]
    assert group["sample"]["answer"]["http_status"] == 200
    return group


async def replay_group(house: House, mailing: int, group: Json, failed: set[int]) -> None:
    before = await house.written(mailing)
    dry = await ask_to_replay(house, group=group["id"], dry_run=True)
    assert (dry["messages"], dry["left"]) == (len(failed), 0)
    assert await house.written(mailing) == before
    assert (await house.ask(f"/mailings/{mailing}"))["revision"] == 1

    calls = (await house.provider())["calls"]
    # The button is pressed twice.
    done = await asyncio.gather(*(ask_to_replay(house, group=group["id"]) for _ in range(2)))
    shares = sorted((share for one in done for share in one["mailings"]), key=revision_of)
    assert shares[0] == {"mailing_id": mailing, "messages": len(failed), "revision": 2}
    revisions = (await house.ask(f"/mailings/{mailing}/revisions"))["items"]
    assert {one["state"] for one in revisions if one["revision"] > 1} == {"running"}
    after = await house.finished(mailing)
    sent = before["by_status"]["sent"] + len(failed)
    assert after["by_status"] == before["by_status"] | {"failed": 0, "sent": sent}
    assert (await house.provider())["calls"] == calls + len(failed)
    received = {record["id"]: record["count"] for record in await house.received()}
    assert [received[message] for message in failed] == [1] * len(failed)

    again = await ask_to_replay(house, message_ids=sorted(failed))
    assert (again["messages"], len(again["skipped"])) == (0, min(100, len(failed)))


async def resolve(house: House, mailing: int, unknown: list[int]) -> None:
    """One as sent, one as failed; that there is no such message stops nothing."""
    first, second, *_ = unknown
    strangers = list(range(2**62, 2**62 + 999))
    for message, known in ((first, "sent"), (second, "failed")):
        body = {"message_ids": [message, *strangers], "as": known}
        answer = await house.api.post("/dead-letters/resolve", json=body)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["messages"], len(answer.json()["skipped"])) == (1, 100)

    async def booked() -> bool:
        counts = (await house.books(mailing))["by_status"]
        return bool(counts["unknown"] == len(unknown) - 2 and counts["failed"] == 1)

    await eventually(booked, 20, every=0.1)
    [group] = (await house.ask("/dead-letters", mailing_id=mailing, status="failed"))["items"]
    assert group["reason"] == "resolved"
    assert (await house.ask(f"/messages/{first}"))["reason"] == "resolved"
    assert (await house.ask(f"/mailings/{mailing}"))["state"] == "finished"


async def audited(house: House, mailing: int, rest: int) -> None:
    entries = (await house.ask("/audit", limit=500))["items"]
    ours = [one for one in reversed(entries) if one["subject"] == f"mailings/{mailing}"]
    replay, resolution = "dead_letters.replay", "dead_letters.resolve"
    assert [action for action, _ in groupby(one["action"] for one in ours)] == [
        "mailings.add",
        replay,
        resolution,
        replay,
    ]
    assert ours[-1]["facts"]["messages"] == rest
    assert all(one["address"] == "127.0.0.1" and one["user"]["email"] for one in ours)


async def test_what_nobody_can_read_is_put_by_and_put_back(house: House) -> None:
    newest = max([one["id"] for one in await parked(house)], default=0)

    async def lying(times: int) -> list[Json]:
        """Both, parked so often."""
        found = [one for one in await parked(house) if one["id"] > newest]
        there = [one for one in found if (one["state"], one["times"]) == ("parked", times)]
        return there if len(there) == 2 else []

    try:
        await poison(house)
        first: list[Json] = await eventually(lambda: lying(1), 20, every=0.1)
        assert {one["queue"] for one in first} == {"scheduler.events", "send.sms"}
        assert {one["why"] for one in first} == {"rejected"}
        done = await ask_to_replay(house, parked=[one["id"] for one in first])
        assert done["messages"] == 2
        second: list[Json] = await eventually(lambda: lying(2), 20, every=0.1)
        assert {one["id"] for one in second} == {one["id"] for one in first}
        [entry, *_] = (await house.ask("/audit"))["items"]
        assert entry["action"] == "dead_letters.replay_parked"
        assert entry["facts"] == {"ids": sorted(one["id"] for one in first)}
    finally:
        await drop_parked(house)


async def poison(house: House) -> None:
    """As a service of a release to come would write, and as none would."""
    async with await aio_pika.connect(house.broker()) as connection:
        channel = await connection.channel()
        events, send = await asyncio.gather(
            *(channel.get_exchange(name, ensure=False) for name in (EVENTS, SEND))
        )
        await events.publish(aio_pika.Message(b'{"version": 2}'), "mailing.changed")
        await send.publish(aio_pika.Message(b"\xff"), "sms")


async def parked(house: House) -> list[Json]:
    found: list[Json] = (await house.ask("/dead-letters/parked", limit=500))["items"]
    return found


async def ask_to_replay(house: House, **body: Any) -> Json:
    answer = await house.api.post("/dead-letters/replay", json=body)
    assert answer.status_code == 200, answer.text
    done: Json = answer.json()
    return done


def revision_of(share: Json) -> int:
    return int(share["revision"])


async def unknowns(house: House, mailing: int) -> list[int]:
    return sorted(ids(await house.messages(mailing, "unknown")))


def ids(messages: Iterable[Json]) -> set[int]:
    return {int(message["id"]) for message in messages}
