"""What nobody may read: other services' databases; people and secrets in the logs."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest

from deploy.secret_values import SERVICES, read_secrets
from tests.support.house import LOGIN, House

COUNT = 300
ZONES = ("Europe/Moscow", "Asia/Omsk", "UTC")
FAULTS = {
    **{"error_rate": 0.1, "garbage_rate": 0.03, "drop_rate": 0.03, "drop_before_rate": 0.03},
    **{"throttle_rate": 0.02, "reject_rate": 0.03, "hang_rate": 0.005, "seed": 11},
}
# Words that stand nowhere else in the project: whatever log has one has it from here.
NAME, CITY, PLAIN, TEMPLATE, TRIED = "Xantippe", "Querétaro", "Vexillum", "Zugzwang", "Quincunx"
MAIL, PASSWORD, STRANGER = "mnemosyne.example", "hunter-of-passwords", "sneaky-eve@evil.example"


@pytest.mark.parametrize("reader", SERVICES)
async def test_a_service_opens_no_database_but_its_own(house: House, reader: str) -> None:
    url = urlsplit(house.database(reader))
    own = await asyncpg.connect(urlunsplit(url))
    try:
        rights = await own.fetchrow(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert not any(rights)
        assert not await own.fetchval(
            "SELECT EXISTS (SELECT FROM pg_auth_members WHERE member = current_user::regrole)"
        )
    finally:
        await own.close()
    others = [f"carillon_{service}" for service in SERVICES if service != reader]
    for database in (*others, "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(urlunsplit(url._replace(path=f"/{database}")))


def phones(first: int) -> list[str]:
    return [f"79{number:09d}" for number in range(first, first + COUNT)]


def rows(first: int) -> Iterator[str]:
    """Every third is bad, each in a way of its own, and none is fit for the log."""
    yield "phone,timezone,tags,name,email,attributes.city"
    for number, phone in enumerate(phones(first)):
        zone, name = ZONES[number % 3], f"{NAME}{number}"
        yield f"{phone},{zone},doors,{name},{name}@{MAIL},{CITY}"
        if number % 9 == 0:
            yield f"{phone}99,{zone},doors,{NAME},{NAME}@{MAIL},{CITY}"
        if number % 9 == 3:
            yield f"{phone},{NAME}/{CITY},doors,{NAME},{NAME}@{MAIL},{CITY}"
        if number % 9 == 6:
            yield f'{phone},{zone},doors,"{NAME}\n{phone}",{NAME} at {MAIL},{CITY},{phone}'


async def live_a_day(house: House, first: int) -> set[str]:
    """Everything that has to do with people and secrets; returns the secrets."""
    done = await house.import_clients("\n".join(rows(first)).encode())
    assert done["rows_rejected"] >= COUNT // 3
    await house.misbehave(**FAULTS)
    mailings = [
        await house.launch(filter={"tags": ["doors"]}, text=f"{PLAIN} for all", name=PLAIN),
        await house.launch(
            filter={"tags": ["doors"]},
            text=f"{TEMPLATE}, {{{{ name }}}} of {{{{ attributes.city }}}}",
        ),
    ]
    await house.act(mailings[0], "pause")
    await house.act(mailings[0], "resume")
    draft = await house.api.post(
        "/mailings", json={"draft": True} | proper(f"{TRIED} {{{{name}}}}")
    )
    await house.act(draft.json()["id"], "test-send", phones=phones(first)[:3])
    tokens = await knock(house)
    await ask_in_vain(house, first)
    await asyncio.gather(*(house.finished(one, patience=180) for one in mailings))
    return tokens | {house.api.headers["authorization"].removeprefix("Bearer ")}


def proper(text: str) -> dict[str, str]:
    now = datetime.now(UTC)
    ends = now + timedelta(hours=2)
    return {"text": text, "starts_at": now.isoformat(), "ends_at": ends.isoformat()}


async def knock(house: House) -> set[str]:
    """Log-ins that fail, until they are held back, and one that does not; returns its tokens."""
    wrong = {"email": STRANGER, "password": PASSWORD}
    async with httpx.AsyncClient(base_url=house.api.base_url, trust_env=False) as stranger:
        answers = [(await stranger.post("/auth/login", json=wrong)).status_code for _ in range(7)]
        assert answers == [401] * 5 + [429] * 2
        right = {"email": LOGIN, "password": admin_password(house)}
        tokens = (await stranger.post("/auth/login", json=right)).json()
        forged = {"Authorization": f"Bearer {PASSWORD}.{PASSWORD}.{PASSWORD}"}
        assert (await stranger.get("/clients", headers=forged)).status_code == 401
    return {tokens["access_token"], tokens["refresh_token"]}


def admin_password(house: House) -> str:
    return read_secrets(house.home / "secrets.env")["API_ADMIN_PASSWORD"]


async def ask_in_vain(house: House, first: int) -> None:
    """Requests that are refused, with what they are about in address and body."""
    taken = {"phone": phones(first)[0], "timezone": "UTC", "name": NAME}
    assert (await house.api.post("/clients", json=taken)).status_code == 409
    assert (await house.api.post("/clients", json={"phone": NAME})).status_code == 422
    assert (await house.api.get("/clients", params={"telephone": phones(first)[0]})).is_error
    assert (await house.api.get(f"/clients/{phones(first)[0]}x")).is_error
    broken = {"text": f"{{{{ {TEMPLATE} }}}}", "name": PLAIN}
    assert (await house.api.post("/mailings", json=broken)).status_code == 422


async def test_no_log_names_a_person_a_text_or_a_secret(house: House, first_phone: int) -> None:
    secrets = await live_a_day(house, first_phone)
    secrets |= set(read_secrets(house.home / "secrets.env").values())
    words = {NAME, CITY, PLAIN, TEMPLATE, TRIED, MAIL, PASSWORD, STRANGER, LOGIN}
    forbidden = {word for word in words | secrets | set(phones(first_phone)) if word}
    logs = log_files(house.home)
    assert {"api.log", "sender-1.log", "stats.log", "postgres.log"} <= {one.name for one in logs}
    # What is to be searched was said: a log that keeps silent proves nothing.
    assert {"import_taken", "login_held"} <= set(re.findall(r"action=(\w+)", house.log("api")))
    for log in logs:
        said = log.read_text(errors="replace")
        found = sorted(word for word in forbidden if word in said)
        assert not found, (log.name, found)


def log_files(home: Path) -> list[Path]:
    return sorted(home.rglob("*.log"))
