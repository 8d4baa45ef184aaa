"""PostgreSQL and RabbitMQ for tests: one of each per session, a database or vhost per test."""

import asyncio
import re
import secrets
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx
from aio_pika import RobustConnection


def robust_connections() -> list[RobustConnection]:
    """Those of this process that are open, or try to be."""
    frames = (task.get_stack(limit=1) for task in asyncio.all_tasks())
    owners = (frame[0].f_locals.get("self") for frame in frames if frame)
    return [owner for owner in owners if isinstance(owner, RobustConnection)]


class Vhost(NamedTuple):
    """A virtual host of its own: where to connect, where to manage, what it is called."""

    amqp_url: str
    management_url: str
    name: str


@dataclass(frozen=True)
class PostgresForTests:
    """A running PostgreSQL and its superuser's plain `postgresql://` URL."""

    admin_url: str

    async def new_database(self, name: str) -> str:
        """Create an empty database and return its `postgresql+asyncpg://` URL.

        The name is made unique, so asking twice for the same gives two databases.
        """
        unique = f"{re.sub('[^a-z0-9_]', '_', name.lower())}_{secrets.token_hex(4)}"
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute(f'CREATE DATABASE "{unique}"')
        finally:
            await connection.close()
        parts = urlsplit(self.admin_url)
        return urlunsplit(parts._replace(scheme="postgresql+asyncpg", path=f"/{unique}"))


@dataclass(frozen=True)
class RabbitMQForTests:
    """A running RabbitMQ: the default vhost over AMQP, and its management API.

    Both URLs carry the administrator's name and password; `management_url` has no path.
    """

    amqp_url: str
    management_url: str

    async def new_vhost(self) -> Vhost:
        """Create an empty vhost that the administrator may use."""
        name = f"test-{secrets.token_hex(4)}"
        user = quote(urlsplit(self.amqp_url).username or "")
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        async with httpx.AsyncClient(base_url=self.management_url, timeout=30.0) as api:
            (await api.put(f"/api/vhosts/{name}", json={})).raise_for_status()
            permissions = f"/api/permissions/{name}/{user}"
            (await api.put(permissions, json=everything)).raise_for_status()
        return Vhost(
            urlunsplit(urlsplit(self.amqp_url)._replace(path=f"/{name}")),
            self.management_url,
            name,
        )

    async def drop_vhost(self, name: str) -> None:
        """Drop a vhost with its queues and connections."""
        async with httpx.AsyncClient(base_url=self.management_url, timeout=30.0) as api:
            (await api.delete(f"/api/vhosts/{name}")).raise_for_status()
