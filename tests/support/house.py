"""A whole Carillon for a test: every service as a real process, in a folder of its own."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from deploy.local.health import http_status
from deploy.local.plan import USER, VHOST
from deploy.local.ports import free_ports
from deploy.local.rabbitmq import ADMIN
from deploy.local.run_ports import read_ports
from deploy.secret_values import read_secrets
from shared.contracts.statuses import Status

ROOT = Path(__file__).resolve().parents[2]
LOGIN = "admin@example.com"
# Somebody to take over, and nothing that is worth waiting for.
TWO_OF_EACH = {
    "SCHEDULER_REPLICAS": "2",
    "SENDER_REPLICAS": "2",
    "SENDER_RETRY_TIERS": "1,2,5",
    "SENDER_CALL_TIMEOUT": "3",
    "API_RETAIN_MESSAGES_DAYS": "30",
}
STATUSES = [status.value for status in Status]

Json = dict[str, Any]


def csv_of(phones: Iterable[int], zones: Iterable[str], tag: str) -> bytes:
    """``phones``: nine digits each; the zones go round."""
    names = list(zones)
    lines = (f"79{n:09d},{names[i % len(names)]},{tag}" for i, n in enumerate(phones))
    return "\n".join(["phone,timezone,tags", *lines]).encode()


@dataclass
class House:
    """``api``: the gateway, logged in; ``simulator``: the provider's control endpoints."""

    home: Path
    api: httpx.AsyncClient
    simulator: httpx.AsyncClient
    environment: Mapping[str, str]

    # ---- what a user does

    async def log_in(self) -> None:
        password = read_secrets(self.home / "secrets.env")["API_ADMIN_PASSWORD"]
        answer = await self.api.post("/auth/login", json={"email": LOGIN, "password": password})
        assert answer.status_code == 200, answer.text
        self.api.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    async def import_clients(self, body: bytes) -> Json:
        return await self.import_done(await self.send_import(body))

    async def send_import(self, body: bytes) -> int:
        """The number of an import that was accepted, and may still be under way."""
        answer = await self.api.post(
            "/clients/import", content=body, headers={"Content-Type": "text/csv"}
        )
        assert answer.status_code == 202, answer.text
        return int(answer.json()["id"])

    async def import_done(self, number: int, patience: float = 120) -> Json:
        async def done() -> Json | None:
            try:
                found: Json = (await self.api.get(f"/imports/{number}")).json()
            except httpx.TransportError:  # the api may be the one that was killed
                return None
            return found if found["state"] != "running" else None

        found: Json = await eventually(done, patience, every=0.05)
        return found

    async def launch(self, **body: Any) -> int:
        now = datetime.now(UTC)
        proper = {
            "text": "The bells ring",
            "starts_at": (now - timedelta(minutes=1)).isoformat(),
            "ends_at": (now + timedelta(hours=2)).isoformat(),
        }
        answer = await self.api.post("/mailings", json=proper | body)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def act(self, mailing: int, action: str, **body: Any) -> Json:
        """``pause``, ``resume``, ``cancel``, ``launch``, ``clone``, ``test-send``."""
        answer = await self.api.post(f"/mailings/{mailing}/{action}", json=body or None)
        assert answer.is_success, answer.text
        done: Json = answer.json()
        return done

    async def change(self, mailing: int, **changes: Any) -> Json:
        answer = await self.api.patch(f"/mailings/{mailing}", json=changes)
        assert answer.status_code == 200, answer.text
        changed: Json = answer.json()
        return changed

    async def ask(self, path: str, **query: Any) -> Json:
        answer = await self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def messages(self, mailing: int, status: str) -> list[Json]:
        """Every message of a mailing that has this status."""
        found: list[Json] = []
        query: dict[str, Any] = {"status": status, "limit": 500}
        while True:
            page = await self.ask(f"/mailings/{mailing}/messages", **query)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            query["cursor"] = page["next_cursor"]

    async def sent(self, message: int, patience: float = 20) -> Json:
        """What is known of a message once it has been sent."""

        async def so() -> Json | None:
            answer = await self.api.get(f"/messages/{message}")
            found: Json = answer.json()
            return found if answer.status_code == 200 and found["status"] == "sent" else None

        found: Json = await eventually(so, patience, every=0.1)
        return found

    async def books(self, mailing: int) -> Json:
        """The mailing's statistics, after making sure that they balance."""
        return balanced(await self.api.get(f"/mailings/{mailing}/statistics"))

    async def written(self, mailing: int) -> Json:
        """The books without the pace, which falls with every second that nothing is sent."""
        books = await self.books(mailing)
        return {name: books[name] for name in ("audience", "by_status", "by_zone", "last_sent_at")}

    async def finished(self, mailing: int, patience: float = 120) -> Json:
        """The books once the mailing has finished; they are checked all the way."""

        async def done() -> Json | None:
            try:
                answer = await self.api.get(f"/mailings/{mailing}/statistics")
            except httpx.TransportError:  # the api may be the one that was killed
                return None
            if answer.status_code == 503:  # or stats
                return None
            books = balanced(answer)
            return books if books["state"] == "finished" else None

        finished: Json = await eventually(done, patience, every=0.25)
        return finished

    async def received_by_all(self, mailing: int, patience: float = 60) -> Json:
        """The books once it has finished and a receipt is there of all that was sent."""
        await self.finished(mailing)

        async def done() -> Json | None:
            books = await self.books(mailing)
            return books if books["by_status"]["sent"] == 0 else None

        received: Json = await eventually(done, patience, every=0.25)
        return received

    # ---- what the provider says

    async def misbehave(self, **faults: Any) -> None:
        (await self.simulator.put("/control/faults", json=faults)).raise_for_status()

    async def provider(self) -> Json:
        counted: Json = (await self.simulator.get("/control/books")).json()
        return counted

    async def received(self) -> list[Json]:
        """The provider's record of every message that it accepted."""
        records: list[Json] = []
        query: dict[str, int] = {}
        while True:
            answer = await self.simulator.get("/control/accepted", params={"limit": 5000} | query)
            page = answer.raise_for_status().json()
            records += page["items"]
            if page["next_after"] is None:
                return records
            query = {"after": page["next_after"]}

    async def accepted(self, least: int, patience: float = 60) -> Json:
        """The provider's books once it has accepted so many."""

        async def enough() -> Json | None:
            counted = await self.provider()
            return counted if counted["distinct"] >= least else None

        counted: Json = await eventually(enough, patience, every=0.02)
        return counted

    async def forget(self) -> None:
        (await self.simulator.post("/control/reset")).raise_for_status()
        await self.misbehave()

    # ---- what happens to processes

    def pid(self, name: str) -> int:
        return int((self.home / "run" / f"{name}.pid").read_text())

    def kill(self, name: str) -> int:
        """kill -9; returns the pid that is gone."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    async def restart(self, name: str) -> None:
        """SIGTERM, as a deploy does; returns when the next one is ready."""
        gone = self.pid(name)
        os.kill(gone, signal.SIGTERM)
        await self.back(name, gone, 60)
        await self.ready(name)

    async def back(self, name: str, gone: int, patience: float = 10) -> None:
        async def again() -> bool:
            return self.pid(name) != gone

        await eventually(again, patience, every=0.1)

    def port(self, name: str) -> int:
        """Where a service's process answers."""
        ports = {**read_ports(self.home / "ports.json"), "api": int(self.environment["API_PORT"])}
        return ports[name]

    async def ready(self, name: str, patience: float = 60) -> None:
        """Wait until a service that was brought back says that it is ready."""

        async def healthy() -> bool:
            status = await asyncio.to_thread(http_status, self.port(name), "/health/ready")
            return status == 200

        await eventually(healthy, patience, every=0.1)

    async def time_at(self, name: str) -> datetime:
        """What a process believes that the time is, to the second."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(f"http://127.0.0.1:{self.port(name)}/health/live")
        return parsedate_to_datetime(answer.headers["date"])

    async def command(self, name: str, **variables: str) -> None:
        """What ``make <name>`` does."""
        await _command(name, {**self.environment, **variables})

    def database(self, service: str) -> str:
        """The plain ``postgresql://`` URL of a service's database."""
        password = read_secrets(self.home / "secrets.env")[f"{service.upper()}_DATABASE_PASSWORD"]
        port = read_ports(self.home / "ports.json")["postgres"]
        name = f"carillon_{service}"
        return f"postgresql://{name}:{quote(password, safe='')}@127.0.0.1:{port}/{name}"

    def management(self) -> tuple[str, tuple[str, str]]:
        """The URL of the broker's management API, and the login of its administrator."""
        password = read_secrets(self.home / "secrets.env")["RABBITMQ_ADMIN_PASSWORD"]
        port = read_ports(self.home / "ports.json")["management"]
        return f"http://127.0.0.1:{port}", (ADMIN, password)

    def broker(self) -> str:
        """The AMQP URL of the services' virtual host, as their user."""
        password = read_secrets(self.home / "secrets.env")["RABBITMQ_PASSWORD"]
        port = read_ports(self.home / "ports.json")["amqp"]
        return f"amqp://{USER}:{quote(password, safe='')}@127.0.0.1:{port}/{VHOST}"

    def log(self, name: str) -> str:
        return (self.home / "run" / f"{name}.log").read_text()


def balanced(answer: httpx.Response) -> Json:
    assert answer.status_code == 200, answer.text
    books: Json = answer.json()
    assert list(books["by_status"]) == STATUSES
    assert books["audience"] == sum(books["by_status"].values()), books
    for zone in books["by_zone"]:
        assert zone["audience"] == sum(zone["by_status"].values()), zone
    return books


async def eventually(ask: Any, patience: float, *, every: float) -> Any:
    """The first true answer. Raises TimeoutError after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not (answer := await ask()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing came of it within {patience} s")
        await asyncio.sleep(every)
    return answer


@asynccontextmanager
async def running_house(home: Path, settings: Mapping[str, str]) -> AsyncIterator[House]:
    """Starts everything without containers; stops it, and drops its data, at the end."""
    api_port, simulator_port = free_ports(2)
    environment = {
        **os.environ,
        "CARILLON_DATA": str(home),
        "API_PORT": str(api_port),
        "SIMULATOR_PORT": str(simulator_port),
        "API_ADMIN_EMAIL": LOGIN,
        "SENDER_PROVIDER_URL": "",
        **settings,
    }
    try:
        await _command("up", environment)
        api, simulator = (
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}{path}", timeout=30, trust_env=False
            )
            for port, path in ((api_port, "/api/v1"), (simulator_port, ""))
        )
        async with api, simulator:
            house = House(home, api, simulator, environment)
            await house.log_in()
            yield house
    finally:
        await _command("reset", environment)


async def _command(name: str, environment: Mapping[str, str]) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "deploy.local", name],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
