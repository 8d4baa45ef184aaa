"""Migrations: each service brings its own, in ``services/<name>/migrations``, for its own database.

A service's ``migrations/env.py`` calls :func:`run_in_alembic`; its ``__main__`` offers
``migrate [up|pre|down]`` through :func:`migrate`.

Every migration is *pre*: it only adds, and the release before runs on its schema, so it is applied
while the old processes still run. One that takes away what only older code needed says
``stage = "post"`` in its module, and is applied when the last old process is gone.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Step:
    """A migration, as far as it matters when it may be applied."""

    revision: str
    is_post: bool


class PreBehindPost(Exception):
    """A migration that the new release needs comes after one that the old release must not see."""

    def __init__(self, post: str, pre: str) -> None:
        super().__init__(
            f"Migration {pre} is needed before the deploy, but {post} comes first, and it waits for"
            " the last process of the release before. End that deploy first: migrate up."
        )


def migrate(service: str, url: str, direction: str = "up") -> None:
    """Bring a service's database to the newest schema (``up``), as far as the old processes can
    follow (``pre``), or to nothing (``down``)."""
    config = configuration(service, url)
    if direction == "up":
        command.upgrade(config, "head")
    elif direction == "pre":
        target = last_pre(steps(config), applied(url))
        if target is not None:
            command.upgrade(config, target)
    elif direction == "down":
        command.downgrade(config, "base")
    else:
        raise SystemExit(f"migrate takes 'up', 'pre' or 'down', not {direction!r}")


def configuration(service: str, url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_ROOT / "services" / service / "migrations"))
    config.attributes["url"] = url
    return config


def steps(config: Config) -> list[Step]:
    """A service's chain, the first migration first."""
    scripts = reversed(list(ScriptDirectory.from_config(config).walk_revisions()))
    return [Step(one.revision, getattr(one.module, "stage", "pre") == "post") for one in scripts]


def last_pre(chain: Sequence[Step], at: str | None) -> str | None:
    """Where ``pre`` goes from the revision ``at``; None when there is nothing to do.

    An empty database has no old processes. Raises PreBehindPost.
    """
    if at is None:
        return chain[-1].revision if chain else None
    to_come = chain[[step.revision for step in chain].index(at) + 1 :]
    target: str | None = None
    post: str | None = None
    for step in to_come:
        if step.is_post:
            post = post or step.revision
        elif post is not None:
            raise PreBehindPost(post, step.revision)
        else:
            target = step.revision
    return target


def applied(url: str) -> str | None:
    """The revision that a database is at; None when it is empty."""
    return asyncio.run(_applied(url))


async def _applied(url: str) -> str | None:
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    async with engine.connect() as connection:
        found = await connection.run_sync(_current)
    await engine.dispose()
    return found


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


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
