"""What became of each message of a mailing that ended long ago is forgotten everywhere; its numbers
stay, and nobody is sent to again for want of a row."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import asyncpg

from shared.contracts.commands import SendCommand, SendMessages
from shared.contracts.topology import SEND, send_key
from tests.support.house import House, csv_of, eventually

COUNT = 60
Json = dict[str, Any]


async def value(house: House, service: str, query: str, *given: Any) -> Any:
    connection = await asyncpg.connect(house.database(service))
    try:
        return await connection.fetchval(query, *given)
    finally:
        await connection.close()


async def rows(house: House, mailing: int) -> dict[str, int]:
    tables = {"scheduler": "message", "sender": "ledger", "stats": "message"}
    count = "SELECT count(*) FROM {} WHERE mailing_id = $1"
    return {
        service: await value(house, service, count.format(table), mailing)
        for service, table in tables.items()
    }


async def let_a_month_pass(house: House, mailing: int) -> None:
    """The mailing ended so long ago, and the api looks for what is over when it starts. Stats looks
    every ten minutes, but has closed its books by then."""
    past = "UPDATE mailing SET finished_at = finished_at - interval '31 days' WHERE id = $1"
    await value(house, "api", past, mailing)
    await house.restart("api")
    closed = "SELECT closed_at IS NOT NULL FROM mailing WHERE id = $1"
    await eventually(lambda: value(house, "stats", closed, mailing), 30, every=0.1)


async def send_once_more(house: House, mailing: int, lines: list[Json]) -> None:
    """The commands of long ago, as if a queue had kept them, within a window that is still open."""
    envelope = SendMessages(
        mailing_id=mailing,
        mailing_revision=1,
        timezone="UTC",
        text="The bells ring",
        not_after=datetime.now(UTC) + timedelta(hours=1),
        commands=tuple(
            SendCommand(
                message_id=line["id"],
                client_id=line["client_id"],
                client_revision=1,
                address=line["phone"],
            )
            for line in lines
        ),
    )
    async with await aio_pika.connect(house.broker()) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(SEND, ensure=False)
        await exchange.publish(aio_pika.Message(envelope.encode()), send_key("sms"))

    async def came_back() -> bool:
        told = "SELECT count(*) FROM ledger WHERE mailing_id = $1 AND state = 'returned'"
        return bool(await value(house, "sender", told, mailing) == len(lines))

    await eventually(came_back, 20, every=0.1)


async def test_a_mailing_is_forgotten_message_by_message_and_keeps_its_numbers(
    house: House, first_phone: int
) -> None:
    phones = range(first_phone, first_phone + COUNT)
    await house.import_clients(csv_of(phones, ("UTC", "Asia/Omsk"), "forgotten"))
    await house.misbehave(reject_rate=0.2, error_rate=0.2, seed=3)
    mailing = await house.launch(filter={"tags": ["forgotten"]})
    kept = await house.launch(filter={"tags": ["forgotten"]}, text="The others stay")
    await house.finished(mailing)
    others = await house.finished(kept)
    books, lines = await house.written(mailing), await house.messages(mailing, "sent")
    assert set((await rows(house, mailing)).values()) == {COUNT}
    await let_a_month_pass(house, mailing)
    assert await house.written(mailing) == books
    assert await rows(house, mailing) == {"scheduler": 0, "sender": 0, "stats": COUNT}
    assert (await house.ask(f"/mailings/{mailing}"))["forgotten_at"] is not None
    assert set((await rows(house, kept)).values()) == {COUNT}

    await house.misbehave()
    calls = (await house.provider())["calls"]
    await send_once_more(house, mailing, lines)
    again = await house.api.post("/dead-letters/replay", json={"mailing_id": mailing})
    assert again.status_code == 409, again.text
    assert (await house.provider())["calls"] == calls
    assert await house.written(mailing) == books
    assert (await house.books(kept))["by_status"] == others["by_status"]
    assert (await rows(house, mailing))["scheduler"] == 0
