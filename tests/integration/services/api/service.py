"""The service with all its loops, in this process, and what it says on a real broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aio_pika
import httpx
from pydantic import SecretStr

from services.api.settings import ApiSettings
from services.api.wiring import make_app
from shared.contracts.base import Message
from tests.integration.services.api.conftest import SECRET, SERVICE_TOKEN
from tests.integration.services.api.waiting import until
from tests.support.servers import Vhost

EMAIL, PASSWORD = "admin@example.com", "correct horse"
NOWHERE = "http://127.0.0.1:9"


def settings(database_url: str, amqp_url: str, stats_url: str, **more: Any) -> ApiSettings:
    return ApiSettings(
        rabbitmq_url=SecretStr(amqp_url),
        service_token=SecretStr(SERVICE_TOKEN),
        database_url=SecretStr(database_url),
        admin_email=EMAIL,
        admin_password=SecretStr(PASSWORD),
        jwt_secret=SecretStr(SECRET),
        stats_url=stats_url,
        **more,
    )


@asynccontextmanager
async def running(
    database_url: str, amqp_url: str, stats_url: str = NOWHERE, **more: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """The service with everything it starts by itself; a client that is logged in."""
    app = make_app(settings(database_url, amqp_url, stats_url, **more))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://x/api/v1") as api,
    ):
        await until(lambda: is_ready(api))
        login = {"email": EMAIL, "password": PASSWORD}
        tokens = (await api.post("/auth/login", json=login)).json()
        api.headers["Authorization"] = f"Bearer {tokens['access_token']}"
        yield api


async def is_ready(api: httpx.AsyncClient) -> bool:
    return (await api.get("http://x/health/ready")).status_code == 200


class Listener:
    """Reads a queue of the broker, with the moments at which messages came."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel, queue: str, kind: type[Message]):
        self._channel = channel
        self._queue = queue
        self._kind = kind

    async def take(self, count: int, limit: float = 15) -> list[Any]:
        queue = await self._channel.get_queue(self._queue, ensure=False)
        found: list[Any] = []
        async with asyncio.timeout(limit):
            while len(found) < count:
                message = await queue.get(fail=False)
                if message is None:
                    await asyncio.sleep(0.005)
                    continue
                await message.ack()
                if message.routing_key == self._kind.routing_key:
                    found.append(self._kind.decode(message.body))
        return found


@asynccontextmanager
async def connected(vhost: Vhost) -> AsyncIterator[aio_pika.abc.AbstractChannel]:
    connection = await aio_pika.connect(vhost.amqp_url)
    async with connection:
        yield await connection.channel()


def mailing(**fields: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    times = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat()}
    return {"text": "Hello"} | times | fields
