"""Of somebody who was erased nothing is left: in no database, in no log."""

import asyncio
import json
from typing import Any

import aio_pika
import asyncpg

from deploy.secret_values import SERVICES
from shared.contracts.topology import EVENTS
from tests.support.house import House, eventually
from tests.support.traces import dump, traces

# Each stands nowhere else in the project.
NAMES = ("Wolframina Ёжикова", "Zebulon O'Quirke", "Ottokar Ängström")
PHONES = ("79167318254", "79167318265", "79167318276")
MAIL, CITY, MOTTO = "erased-folk.example", "Ittoqqortoormiit", 'Never "ever" \\ again; ни шагу'
TELLING = "{{ name }} of {{ attributes.city }}: {{ attributes.motto }} {{ phone }} {{ email }}"
WORDS = (*NAMES, *PHONES, *(phone[1:] for phone in PHONES), MAIL, CITY, MOTTO)
# What is in a parked body only, as bytes: it is there before, or nothing was searched.
SIGN = "unreadable-about-somebody"

Json = dict[str, Any]


async def enter(house: House) -> list[int]:
    """Clients, from a file that names them in its faults, too."""
    people = [
        {
            "phone": phone,
            "name": name,
            "email": f"{phone}@{MAIL}",
            "timezone": "UTC",
            "tags": ["erased"],
            "attributes": {"city": CITY, "motto": MOTTO},
        }
        for name, phone in zip(NAMES, PHONES, strict=True)
    ]
    wrong = [person | {"timezone": person["name"]} for person in people]
    rows = "\n".join(json.dumps(row) for row in (*people, *wrong))
    kind = {"Content-Type": "application/x-ndjson"}
    answer = await house.api.post("/clients/import", content=rows, headers=kind)
    done = await house.import_done(answer.json()["id"])
    assert (done["rows_accepted"], done["rows_rejected"]) == (3, 3), done
    listed = (await house.ask("/clients", tag="erased"))["items"]
    for client in listed:
        key = {"Idempotency-Key": f"erasure-{client['id']}"}
        changed = await house.api.patch(
            f"/clients/{client['id']}", json={"tags": ["erased", "kept"]}, headers=key
        )
        assert changed.json()["name"] in NAMES
    return [client["id"] for client in listed]


async def live_through(house: House) -> tuple[list[int], int]:
    """A mailing that fails, one that is sent at a second call, and one whose calls were perhaps
    accepted and that is paused: its messages are held, with their texts."""
    told = {"filter": {"tags": ["erased"]}, "text": TELLING}
    await house.misbehave(reject_rate=1.0)
    failed = await house.launch(**told)
    await house.finished(failed)
    await house.misbehave(error_rate=1.0)
    retried = await house.launch(**told)
    await all_in(house, retried, "retrying")
    await house.misbehave()
    await house.finished(retried)
    await house.misbehave(drop_rate=1.0)
    held = await house.launch(**told)
    await all_in(house, held, "retrying")
    await house.act(held, "pause")
    await eventually(lambda: texts(house, held), 20, every=0.1)
    await house.misbehave()
    trial = await house.api.post(
        f"/mailings/{held}/test-send",
        json={"phones": [PHONES[0]]},
        headers={"Idempotency-Key": "erasure-trial"},
    )
    await house.sent(trial.json()["messages"][0]["message_id"])
    return [failed, retried], held


async def be_told_of(house: House, clients: list[int]) -> None:
    """By their phones, in a change of many; and by name, in the reason of a block."""
    many = {"action": "tag", "tags": ["called"], "filter": {"phones": list(PHONES)}}
    bulk = await house.api.post("/clients/bulk", json=many)
    assert bulk.status_code == 202, bulk.text
    path = f"/clients/bulk/{bulk.json()['id']}"

    async def done() -> bool:
        return bool((await house.ask(path))["state"] == "done")

    await eventually(done, 20, every=0.05)
    reason = {"client_id": clients[0], "reason": f"{NAMES[0]} ({PHONES[0]}) said so"}
    key = {"Idempotency-Key": "erasure-block"}
    assert (await house.api.post("/policies/blocks", json=reason, headers=key)).status_code == 201
    await park(house)


async def all_in(house: House, mailing: int, status: str) -> None:
    async def so() -> bool:
        return bool((await house.books(mailing))["by_status"][status] == len(PHONES))

    await eventually(so, 20, every=0.05)


async def texts(house: House, mailing: int) -> bool:
    query = "SELECT count(*) FROM message WHERE mailing_id = $1 AND text IS NOT NULL"
    return bool(await value(house, "scheduler", query, mailing) == len(PHONES))


async def value(house: House, service: str, query: str, *parameters: Any) -> Any:
    connection = await asyncpg.connect(house.database(service))
    try:
        return await connection.fetchval(query, *parameters)
    finally:
        await connection.close()


async def park(house: House) -> None:
    """What no service can read, about one of them."""
    body = json.dumps({"version": 99, "sign": SIGN, "clients": [{"phone": PHONES[1]}]}).encode()
    async with await aio_pika.connect(house.broker()) as connection:
        channel = await connection.channel()
        events = await channel.get_exchange(EVENTS, ensure=False)
        await events.publish(aio_pika.Message(body), "mailing.changed")

    async def there() -> bool:
        query = "SELECT count(*) FROM parked WHERE position($1 IN body) > 0"
        return bool(await value(house, "api", query, PHONES[1].encode()))

    await eventually(there, 20, every=0.05)


async def others_have_heard(house: House, clients: list[int]) -> None:
    async def heard() -> bool:
        copied = "SELECT count(*) FROM client WHERE id = ANY($1) AND NOT deleted"
        told = await value(house, "api", "SELECT count(*) FROM outbox")
        return not (told or await value(house, "scheduler", copied, clients))

    await eventually(heard, 20, every=0.05)


async def dumps(house: House) -> dict[str, str]:
    return {one: await asyncio.to_thread(dump, house.database(one)) for one in SERVICES}


async def test_nothing_names_who_was_erased_in_any_database_or_log(house: House) -> None:
    clients = await enter(house)
    over, held = await live_through(house)
    await be_told_of(house, clients)
    before = await dumps(house)
    assert traces((*WORDS, SIGN), before["api"]) == sorted({*WORDS, SIGN})
    assert traces(WORDS, before["scheduler"]) == sorted(set(WORDS))
    for service in ("sender", "stats"):  # which never know anybody
        assert traces(WORDS, before[service]) == [], service
    books = [await house.written(mailing) for mailing in over]
    for client in clients:
        erased = await house.api.post(f"/clients/{client}/erase")
        assert erased.status_code == 200, erased.text
    await others_have_heard(house, clients)
    await house.act(held, "resume")
    ended = await house.finished(held)
    assert ended["by_status"]["unknown"] == len(PHONES)
    after = await dumps(house)
    for service, said in after.items():
        assert traces((*WORDS, SIGN), said) == [], service
    assert [await house.written(mailing) for mailing in over] == books
    for log in house.home.rglob("*.log"):
        assert traces(WORDS, log.read_text(errors="replace")) == [], log.name
