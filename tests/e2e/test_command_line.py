"""The installed command, from the log-in to the proof, with everything running."""

import asyncio
import gzip
import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.secret_values import read_secrets
from tests.support.house import LOGIN, House, csv_of
from tests.support.installed import Command, install

COUNT = 120
ZONES = ("Europe/Moscow", "Asia/Tokyo")


@pytest.fixture
def carillon(house: House, tmp_path: Path) -> Command:
    return install(tmp_path, str(house.api.base_url))


async def test_a_mailing_by_hand(
    house: House, carillon: Command, tmp_path: Path, first_phone: int
) -> None:
    async def run(*words: str, given: str = "", code: int = 0) -> str:
        done = await asyncio.to_thread(carillon, *words, given=given)
        return output_of(done, code)

    assert "carillon login" in await run("whoami", code=1)
    password = read_secrets(house.home / "secrets.env")["API_ADMIN_PASSWORD"]
    assert LOGIN in await run("login", "--email", LOGIN, given=f"{password}\n")

    file = tmp_path / "clients.csv.gz"
    phones = range(first_phone, first_phone + COUNT)
    file.write_bytes(gzip.compress(csv_of(phones, ZONES, "cli") + b"\n7,Mars,cli\n"))
    told = await run("import", str(file), "--strict", code=1)
    assert f"{COUNT} of {COUNT + 1} rows accepted, 1 rejected" in told
    assert f"row {COUNT + 1}: " in told

    mailing = json.loads(await run(*create_words(), "--json"))
    assert mailing["state"] == "draft"
    number = str(mailing["id"])
    plan = json.loads(await run("preview", number, "--json"))
    assert plan["reached"] == COUNT
    shown = await run("preview", number)
    assert all(zone in shown for zone in ZONES)

    await house.misbehave(reject_rate=0.3, seed=5)
    assert "scheduled" in await run("launch", number)
    *_, last = (await run("watch", number, "--every", "0.2", "--zones")).splitlines()
    assert last.startswith(f"finished {COUNT}/{COUNT}  ")
    await the_desk(house, run, number)
    await the_proof(run, number, first_phone)

    assert "admin" in await run("whoami")
    await run("logout")
    assert "carillon login" in await run("whoami", code=1)


async def the_desk(house: House, run: Any, number: str) -> None:
    """What failed is sent again once the provider is well."""
    books = json.loads(await run("statistics", number, "--json"))
    failed = books["by_status"]["failed"]
    assert 0 < failed < COUNT
    [group] = map(json.loads, (await run("dead-letters", "list", number, "--json")).splitlines())
    assert group["messages"] == failed
    await house.misbehave()
    dry = await run("dead-letters", "replay", "--group", group["id"], "--dry-run")
    assert dry.startswith(f"{failed} messages would be sent again.")
    done = await run("dead-letters", "replay", "--mailing", number, "--status", "failed")
    assert done.startswith(f"{failed} messages are sent again.")
    finished = await house.finished(int(number))
    assert finished["by_status"]["sent"] == COUNT
    [newest, *_] = map(json.loads, (await run("audit", "--limit", "1", "--json")).splitlines())
    assert newest["action"] == "dead_letters.replay"


async def the_proof(run: Any, number: str, phone: int) -> None:
    told = json.loads(await run("explain", f"+79{phone:09d}", number, "--json"))
    assert told["verdict"] == "sent"
    shown = await run("message", str(told["message_id"]))
    assert "Europe/Moscow" in shown
    assert "+03:00" in shown


def create_words() -> list[str]:
    now = datetime.now(UTC)
    starts, ends = now - timedelta(minutes=1), now + timedelta(hours=2)
    times = ["--starts-at", starts.isoformat(), "--ends-at", ends.isoformat()]
    return ["mailings", "create", "--text", "The bells ring", "--tag", "cli", *times]


def output_of(done: subprocess.CompletedProcess[str], code: int) -> str:
    told = done.stdout + done.stderr
    assert done.returncode == code, told
    return told
