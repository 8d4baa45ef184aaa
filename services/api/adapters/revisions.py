"""The history of mailings in the database: what each was at each revision."""

from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.adapters.specs import from_document, to_document
from services.api.adapters.tables import MAILING_REVISION
from services.api.domain.mailings import MailingState, Revision


class SqlRevisions:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def keep(self, revision: Revision) -> None:
        new = insert(MAILING_REVISION).values(
            mailing_id=revision.mailing_id,
            revision=revision.revision,
            state=revision.state,
            spec=to_document(revision.spec),
            changed_at=revision.changed_at,
            changed_by=revision.changed_by,
        )
        kept = ("state", "spec", "changed_at", "changed_by")
        await self._connection.execute(
            new.on_conflict_do_update(
                index_elements=["mailing_id", "revision"],
                set_={name: new.excluded[name] for name in kept},
            )
        )

    async def get(self, mailing_id: int, revision: int) -> Revision | None:
        row = (
            await self._connection.execute(
                select(MAILING_REVISION).where(
                    MAILING_REVISION.c.mailing_id == mailing_id,
                    MAILING_REVISION.c.revision == revision,
                )
            )
        ).first()
        return None if row is None else _revision(row)

    async def page(self, mailing_id: int, before: int, limit: int) -> list[Revision]:
        rows = await self._connection.execute(
            select(MAILING_REVISION)
            .where(MAILING_REVISION.c.mailing_id == mailing_id)
            .where(MAILING_REVISION.c.revision < before)
            .order_by(MAILING_REVISION.c.revision.desc())
            .limit(limit)
        )
        return list(map(_revision, rows))


def _revision(row: Row[Any]) -> Revision:
    return Revision(
        mailing_id=row.mailing_id,
        revision=row.revision,
        state=MailingState(row.state),
        spec=from_document(row.spec),
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
