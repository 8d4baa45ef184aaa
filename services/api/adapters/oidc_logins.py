"""Log-ins at the OpenID provider in the database, and the accounts linked with it."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.tables import OIDC_ACCOUNT as ACCOUNT
from services.api.adapters.tables import OIDC_CODE as CODE
from services.api.adapters.tables import OIDC_LOGIN as LOGIN
from services.api.domain.oidc import Begun, Way


class SqlOpenIdLogins:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, state: bytes, begun: Begun, until: datetime) -> None:
        way = begun.way
        where = {} if way is None else {"page": way.page, "challenge": way.challenge}
        told = {} if way is None else {"state": way.state}
        await self._connection.execute(
            insert(LOGIN).values(digest=state, expires_at=until, **where, **told)
        )

    async def take(self, state: bytes, now: datetime) -> Begun | None:
        taken = await self._connection.execute(
            delete(LOGIN).where(LOGIN.c.digest == state).returning(LOGIN)
        )
        row = taken.first()
        if row is None or row.expires_at <= now:
            return None
        return Begun(None if row.page is None else Way(row.page, row.challenge, row.state))

    async def put_code(self, code: bytes, user_id: int, way: Way, until: datetime) -> None:
        await self._connection.execute(
            insert(CODE).values(
                digest=code,
                user_id=user_id,
                page=way.page,
                challenge=way.challenge,
                expires_at=until,
            )
        )

    async def take_code(self, code: bytes, now: datetime) -> tuple[int, Way] | None:
        taken = await self._connection.execute(
            delete(CODE).where(CODE.c.digest == code).returning(CODE)
        )
        row = taken.first()
        if row is None or row.expires_at <= now:
            return None
        return row.user_id, Way(row.page, row.challenge)

    async def user_of(self, issuer: str, subject: str) -> int | None:
        query = select(ACCOUNT.c.user_id).where(
            ACCOUNT.c.issuer == issuer, ACCOUNT.c.subject == subject
        )
        return await self._connection.scalar(query)

    async def link(self, issuer: str, subject: str, user_id: int, now: datetime) -> None:
        await self._connection.execute(
            upsert(ACCOUNT)
            .values(issuer=issuer, subject=subject, user_id=user_id, linked_at=now)
            .on_conflict_do_nothing()
        )

    async def forget_what_is_over(self, now: datetime) -> None:
        for table in (LOGIN, CODE):
            await self._connection.execute(delete(table).where(table.c.expires_at <= now))
