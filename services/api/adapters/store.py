"""Transactions: one per request, one per batch of an import."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.api.adapters.api_tokens import SqlApiTokens
from services.api.adapters.audit import SqlAudit
from services.api.adapters.blocks import SqlBlocks
from services.api.adapters.bulk import SqlBulks
from services.api.adapters.clients import SqlClients
from services.api.adapters.departments import SqlDepartments
from services.api.adapters.hook_events import SqlHookEvents
from services.api.adapters.hook_log import SqlHookLog
from services.api.adapters.imports import SqlImports
from services.api.adapters.invitations import SqlInvitations
from services.api.adapters.keys import SqlKeys
from services.api.adapters.logins import SqlLogins
from services.api.adapters.mailings import SqlMailings
from services.api.adapters.mails import SqlMails, SqlResets
from services.api.adapters.oidc_logins import SqlOpenIdLogins
from services.api.adapters.outbox import SqlOutbox
from services.api.adapters.parked import SqlParkedMessages
from services.api.adapters.revisions import SqlRevisions
from services.api.adapters.sessions import SqlSessions
from services.api.adapters.tags import SqlTags
from services.api.adapters.trials import SqlTrials
from services.api.adapters.users import SqlUsers
from services.api.adapters.webhooks import SqlWebhooks
from services.api.ports import Store
from services.api.ports.holds import HOLD
from shared.runtime.database import for_single_statements

# A request is answered within five seconds, if only to say that the database does not answer. It
# takes the driver two of them to give up a connection on which nothing comes back.
REQUEST_LIMIT = 3.0


def store_on(connection: AsyncConnection) -> Store:
    return Store(
        users=SqlUsers(connection),
        departments=SqlDepartments(connection),
        logins=SqlLogins(connection),
        oidc=SqlOpenIdLogins(connection),
        invitations=SqlInvitations(connection),
        mails=SqlMails(connection),
        resets=SqlResets(connection),
        sessions=SqlSessions(connection),
        api_tokens=SqlApiTokens(connection),
        clients=SqlClients(connection),
        blocks=SqlBlocks(connection),
        tags=SqlTags(connection),
        mailings=SqlMailings(connection),
        revisions=SqlRevisions(connection),
        trials=SqlTrials(connection),
        imports=SqlImports(connection),
        bulks=SqlBulks(connection),
        outbox=SqlOutbox(connection),
        audit=SqlAudit(connection),
        parked=SqlParkedMessages(connection),
        webhooks=SqlWebhooks(connection),
        hook_events=SqlHookEvents(connection),
        hook_log=SqlHookLog(connection),
        keys=SqlKeys(connection),
    )


class SqlTransactions:
    def __init__(self, engine: AsyncEngine, limit: float = REQUEST_LIMIT) -> None:
        self._engine = engine
        self._reading = for_single_statements(engine)
        self._limit = limit

    @asynccontextmanager
    async def begin(self, *, part: bool = False) -> AsyncIterator[Store]:
        async with asyncio.timeout(self._limit), self._engine.begin() as connection:
            store = store_on(connection)
            yield store
            hold = HOLD.get()
            if hold is not None and not part:
                await store.keys.mark(hold)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Store]:
        async with asyncio.timeout(self._limit), self._reading.connect() as connection:
            yield store_on(connection)
