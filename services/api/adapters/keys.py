"""Keys of requests in the database, beside what they did."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    any_,
    bindparam,
    cast,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import REQUEST_KEY as KEY
from services.api.domain.clients import Profile
from services.api.domain.once import Answer, Asked, Hold, Record, in_progress

# All of a day's: they are looked through for erasures alone.
_FORGET_NAMING = text("""
    UPDATE request_key SET answer = NULL, status = NULL
    WHERE answer IS NOT NULL AND EXISTS (
        SELECT FROM unnest(CAST(:words AS bytea[])) AS w (word) WHERE position(w.word IN answer) > 0
    )
""")


class SqlKeys:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def take(self, hold: Hold, asked: Asked, until: datetime, now: datetime) -> Record | None:
        taken = await self._connection.execute(
            insert(KEY)
            .values(user_id=hold.user_id, key=hold.key, **_held(hold, asked, until, now))
            .on_conflict_do_nothing()
        )
        if taken.rowcount:
            return None
        row = (
            await self._connection.execute(select(KEY).where(_is(hold)).with_for_update())
        ).first()
        if row is None:  # let go in between: whoever comes again finds it free
            raise in_progress()
        return _record(row)

    async def take_over(self, hold: Hold, asked: Asked, until: datetime, now: datetime) -> None:
        unknown = dict.fromkeys(("done_at", "status", "headers", "answer", "about"))
        await self._connection.execute(
            update(KEY).where(_is(hold)).values(_held(hold, asked, until, now) | unknown)
        )

    async def prolong(self, hold: Hold, until: datetime) -> None:
        await self._connection.execute(update(KEY).where(_has(hold)).values(held_until=until))

    async def mark(self, hold: Hold) -> None:
        marked = await self._connection.execute(
            update(KEY).where(_has(hold)).values(done_at=func.now())
        )
        if not marked.rowcount:
            raise in_progress()

    async def keep(
        self, hold: Hold, body: bytes | None, answer: Answer | None, about: str | None
    ) -> None:
        told = {} if answer is None else {"status": answer.status, "headers": answer.headers}
        await self._connection.execute(
            update(KEY)
            .where(_has(hold))
            .values(
                body=body,
                answer=None if answer is None else answer.body,
                about=about,
                done_at=func.coalesce(KEY.c.done_at, func.now()),
                held_until=KEY.c.taken_at,
                **told,
            )
        )

    async def let_go(self, hold: Hold) -> None:
        await self._connection.execute(delete(KEY).where(_has(hold), KEY.c.done_at.is_(None)))
        await self._connection.execute(
            update(KEY).where(_has(hold)).values(held_until=KEY.c.taken_at)
        )

    async def forget_answers_about(self, about: Collection[str]) -> None:
        these = KEY.c.about == any_(cast(bindparam("about", list(about)), ARRAY(KEY.c.about.type)))
        await self._connection.execute(update(KEY).where(these).values(answer=None, status=None))

    async def forget_answers_naming(self, profile: Profile) -> None:
        said = (profile.phone, profile.email, profile.name)
        in_json = (json.dumps(word, ensure_ascii=False)[1:-1] for word in said if word)
        words = {"words": [word.encode() for word in in_json]}
        await self._connection.execute(_FORGET_NAMING, words)

    async def forget_before(self, moment: datetime) -> None:
        await self._connection.execute(delete(KEY).where(KEY.c.taken_at < moment))


def _is(hold: Hold) -> ColumnElement[bool]:
    return (KEY.c.user_id == hold.user_id) & (KEY.c.key == hold.key)


def _has(hold: Hold) -> ColumnElement[bool]:
    return _is(hold) & (KEY.c.holder == hold.holder)


def _held(hold: Hold, asked: Asked, until: datetime, now: datetime) -> dict[str, Any]:
    return {
        "head": asked.head,
        "body": asked.body,
        "holder": hold.holder,
        "held_until": until,
        "taken_at": now,
    }


def _record(row: Row[Any]) -> Record:
    answer = None if row.status is None else Answer(row.status, row.headers, row.answer)
    return Record(
        asked=Asked(row.head, row.body),
        taken_at=row.taken_at,
        held_until=row.held_until,
        is_done=row.done_at is not None,
        answer=answer,
    )
