"""Mail that waits, and the digests of tokens that set a new password, in the database."""

from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import MAIL, RESET
from services.api.domain.languages import Language
from services.api.domain.mails import Mail, MailKind, NewMail, pause_after


class SqlMails:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def put(self, new: NewMail, now: datetime) -> None:
        await self._connection.execute(
            insert(MAIL).values(
                kind=new.kind,
                email=new.email,
                invitation_id=new.invitation_id,
                language=new.language,
                created_at=now,
                due_at=now,
                tries=0,
                expires_at=new.expires_at,
            )
        )

    async def take(self, now: datetime) -> Mail | None:
        due = (
            select(MAIL)
            .where(MAIL.c.due_at <= now, MAIL.c.expires_at > now)
            .order_by(MAIL.c.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        row = (await self._connection.execute(due)).first()
        if row is None:
            return None
        tries = row.tries + 1
        # Others come to it when this sender has had the time to send it, or has died.
        change = update(MAIL).where(MAIL.c.id == row.id)
        await self._connection.execute(change.values(tries=tries, due_at=now + pause_after(tries)))
        return Mail(
            id=row.id,
            kind=MailKind(row.kind),
            email=row.email,
            language=Language(row.language),
            invitation_id=row.invitation_id,
            tries=tries,
        )

    async def remove(self, mail_id: int) -> None:
        await self._connection.execute(delete(MAIL).where(MAIL.c.id == mail_id))

    async def forget_what_is_over(self, now: datetime) -> None:
        await self._connection.execute(delete(MAIL).where(MAIL.c.expires_at <= now))


class SqlResets:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, digest: bytes, user_id: int, now: datetime, until: datetime) -> None:
        row = {"digest": digest, "user_id": user_id, "created_at": now, "expires_at": until}
        await self._connection.execute(insert(RESET).values(row))

    async def user_of(self, digest: bytes, now: datetime) -> int | None:
        query = select(RESET.c.user_id).where(RESET.c.digest == digest, RESET.c.expires_at > now)
        return await self._connection.scalar(query)

    async def is_recent(self, user_id: int, since: datetime) -> bool:
        query = select(RESET.c.user_id).where(
            RESET.c.user_id == user_id, RESET.c.created_at > since
        )
        return await self._connection.scalar(query.limit(1)) is not None

    async def remove_all(self, user_id: int) -> None:
        await self._connection.execute(delete(RESET).where(RESET.c.user_id == user_id))

    async def forget_what_is_over(self, now: datetime) -> None:
        await self._connection.execute(delete(RESET).where(RESET.c.expires_at <= now))
