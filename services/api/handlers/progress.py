"""What the scheduler and stats tell of a mailing's progress. Any of it may come twice."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from services.api.handlers.hook_telling import tell_of_mailing
from services.api.ports import Ports, Store
from shared.contracts.base import Message
from shared.contracts.progress import (
    MailingEmitted,
    MailingFinished,
    MailingStarted,
    WavesPlanned,
)


async def mailing_started(ports: Ports, message: MailingStarted) -> None:
    """A paused mailing stays paused, but it has begun."""
    now = ports.clock.now()
    async with _told_of(ports, message.mailing_id, now) as store:
        await store.mailings.started(message.mailing_id, message.at, now=now)


async def mailing_finished(ports: Ports, message: MailingFinished) -> None:
    """Only the revision in force can finish: another plan may be under way since."""
    now = ports.clock.now()
    async with _told_of(ports, message.mailing_id, now) as store:
        await store.mailings.finished(message.mailing_id, message.revision, message.at, now=now)


@asynccontextmanager
async def _told_of(ports: Ports, mailing_id: int, now: datetime) -> AsyncIterator[Store]:
    """A transaction; what becomes of the mailing in it is told to whoever wants to hear it."""
    async with ports.transactions.begin() as store:
        before = await store.mailings.get(mailing_id, lock=True)
        yield store
        after = await store.mailings.get(mailing_id)
        if after is not None:
            await tell_of_mailing(store, before, after, now)


async def not_for_us(_ports: Ports, _message: Message) -> None:
    """The queue takes all progress; the waves and their emission are for stats alone."""


HANDLERS: dict[type[Message], Callable[[Ports, Any], Awaitable[None]]] = {
    WavesPlanned: not_for_us,
    MailingStarted: mailing_started,
    MailingEmitted: not_for_us,
    MailingFinished: mailing_finished,
}
