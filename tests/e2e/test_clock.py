"""What is shown before a launch, what then happens, and what can be proved afterwards."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from shared.domain.zones import inhabited_zones
from tests.support.house import House, Json, csv_of

EDGES = (10, 20)  # hours of the window below


def named(phones: Iterable[int], zone: str, tag: str) -> bytes:
    """Every other client has a name."""
    lines = (f"79{n:09d},{zone},{tag},{'Ann' if n % 2 == 0 else ''}" for n in phones)
    return "\n".join(["phone,timezone,tags,name", *lines]).encode()


def calm_zones(now: datetime) -> list[str]:
    """Where the window neither opens nor closes within the next minutes."""
    quarter = timedelta(minutes=15)
    found = []
    for zone in inhabited_zones():
        local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        away = (abs(local - midnight - timedelta(hours=edge)) for edge in EDGES)
        if all(distance > quarter for distance in away):
            found.append(zone)
    return found


async def test_a_preview_is_what_then_happens_zone_by_zone(house: House, first_phone: int) -> None:
    now = datetime.now(UTC)
    zones = calm_zones(now)
    count = 4 * len(zones)
    await house.import_clients(csv_of(range(first_phone, first_phone + count), zones, "preview"))
    body = {
        "text": "The bells ring",
        "starts_at": (now - timedelta(hours=1)).isoformat(),
        "ends_at": (now + timedelta(minutes=10)).isoformat(),
        "window": {"from": "10:00", "to": "20:00"},
        "filter": {"tags": ["preview"]},
    }
    # At once after the import: the plan must have every client of it.
    answer = await house.api.post("/mailings/preview", json=body)
    assert answer.status_code == 200, answer.text
    preview: Json = answer.json()
    mailing = await house.launch(**body)
    books = await house.finished(mailing)

    assert preview["audience"] == books["audience"] == count
    assert preview["reached"] == books["by_status"]["sent"]
    assert preview["left_out"]["window_passed"] == books["by_status"]["expired"] > 0
    shown = {zone["timezone"]: (zone["reached"], zone["missed"]) for zone in preview["by_zone"]}
    happened = {
        zone["timezone"]: (zone["by_status"]["sent"], zone["by_status"]["expired"])
        for zone in books["by_zone"]
    }
    assert shown == happened
    assert len(await house.received()) == preview["reached"]
    planned = await house.ask(f"/mailings/{mailing}/plan")
    assert {zone["timezone"]: zone["rows"] for zone in planned["by_zone"]} == dict.fromkeys(
        zones, 4
    )


async def test_a_copy_is_a_mailing_of_its_own(house: House, first_phone: int) -> None:
    await house.import_clients(csv_of(range(first_phone, first_phone + 30), ("UTC",), "copy"))
    first = await house.launch(filter={"tags": ["copy"]}, name="Spring")
    await house.finished(first)
    copy = await house.act(first, "clone", text="The bells ring again")
    assert (copy["state"], copy["name"]) == ("draft", "Spring (copy)")
    await house.act(copy["id"], "launch")
    books = await house.finished(copy["id"])
    records = await house.received()
    assert books["by_status"]["sent"] == 30
    assert len({record["phone"] for record in records}) == 30
    assert len({(record["phone"], record["text_sha256"]) for record in records}) == 60


async def test_a_test_message_arrives_and_is_in_nobodys_books(
    house: House, first_phone: int
) -> None:
    phones = range(first_phone, first_phone + 2)
    await house.import_clients(named(phones, "Asia/Omsk", "try"))
    client = (await house.ask("/clients", tag="try", phone=f"79{first_phone + 1:09d}"))["items"][0]
    name = client["name"] or "friend"
    mailing = await house.launch(
        text="Hello {{ name|default('friend') }}, it is time", filter={"tags": ["try"]}, draft=True
    )
    before = (await house.ask("/statistics"))["total"]
    tried = await house.act(mailing, "test-send", phones=["79000000001"], client_id=client["id"])
    message = tried["messages"][0]
    await house.accepted(1)
    record = (await house.received())[0]
    text = f"Hello {name}, it is time"
    assert message["text"] == text
    assert record["id"] == message["message_id"]
    assert (record["phone"], record["text_sha256"]) == (
        79000000001,
        sha256(text.encode()).hexdigest(),
    )
    shown = await house.sent(message["message_id"])
    assert (shown["test"], shown["mailing_id"]) == (True, mailing)
    assert (await house.ask("/statistics"))["total"] == before
    assert (await house.books(mailing))["audience"] == 0


async def test_a_message_proves_when_and_why_it_was_sent(house: House, first_phone: int) -> None:
    phones = range(first_phone, first_phone + 20)
    await house.import_clients(named(phones, "Asia/Kolkata", "proof"))
    await house.misbehave(error_rate=0.3, seed=5)
    template = "Hello {{ name|default('friend') }}"
    mailing = await house.launch(text=template, filter={"tags": ["proof"]})
    await house.finished(mailing)
    listed = (await house.ask(f"/mailings/{mailing}/messages", limit=100))["items"]
    records = {record["id"]: record for record in await house.received()}
    assert records.keys() == {message["id"] for message in listed}
    texts = set()
    for message in listed:
        proof, record = await house.sent(message["id"]), records[message["id"]]
        last = proof["attempts"][-1]
        assert (proof["phone"], proof["template"]) == (str(record["phone"]), template)
        assert last["text_sha256"] == record["text_sha256"]
        assert (last["outcome"], last["in_window"], last["http_status"]) == ("sent", True, 200)
        assert last["window"]["timezone"] == "Asia/Kolkata"
        assert last["started_at_local"].endswith("+05:30")
        accepted_at = datetime.fromisoformat(record["last_at"])
        started_at = datetime.fromisoformat(last["started_at"])
        assert abs(accepted_at - started_at) < timedelta(seconds=1)
        texts.add(last["text_sha256"])
    assert texts == {sha256(f"Hello {who}".encode()).hexdigest() for who in ("Ann", "friend")}


async def test_a_client_is_told_why(house: House, first_phone: int) -> None:
    await house.import_clients(csv_of([first_phone], ("Europe/Moscow",), "told"))
    await house.import_clients(csv_of([first_phone + 1], ("Europe/Moscow",), "untold"))
    mailing = await house.launch(filter={"tags": ["told"]})
    await house.finished(mailing)
    verdicts = {}
    for tag in ("told", "untold"):
        client = (await house.ask("/clients", tag=tag))["items"][0]
        told = await house.ask(f"/clients/{client['id']}/explain", mailing_id=mailing)
        assert told["explanation"]
        verdicts[tag] = told["verdict"]
    assert verdicts == {"told": "sent", "untold": "not_sent"}
