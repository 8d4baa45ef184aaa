"""Migrations: each service brings its own, in ``services/<name>/migrations``, for its own database.

A service's ``migrations/env.py`` calls :func:`run_in_alembic`; its ``__main__`` offers
``migrate [up|down]`` through :func:`migrate`.
"""

import asyncio
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_ROOT = Path(__file__).resolve().parents[2]


def migrate(service: str, url: str, direction: str = "up") -> None:
    """Bring a service's database to the newest schema (``up``) or to nothing (``down``)."""
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "services" / service / "migrations"))
    config.attributes["url"] = url
    if direction == "up":
        command.upgrade(config, "head")
    elif direction == "down":
        command.downgrade(config, "base")
    else:
        raise SystemExit(f"migrate takes 'up' or 'down', not {direction!r}")


def run_in_alembic() -> None:
    """What ``env.py`` calls: runs the migrations alembic has chosen, in one transaction."""
    asyncio.run(_run(context.config.attributes["url"]))


async def _run(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    async with engine.connect() as connection:
        await connection.run_sync(_upgrade)
        await connection.commit()
    await engine.dispose()


def _upgrade(connection: Connection) -> None:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
