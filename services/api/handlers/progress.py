"""What the scheduler and stats tell of a mailing's progress. Any of it may come twice."""

from collections.abc import Awaitable, Callable
from typing import Any

from services.api.ports import Ports
from shared.contracts.base import Message
from shared.contracts.progress import (
    MailingEmitted,
    MailingFinished,
    MailingStarted,
    WavesPlanned,
)


async def mailing_started(ports: Ports, message: MailingStarted) -> None:
    """A paused mailing stays paused, but it has begun."""
    async with ports.transactions.begin() as store:
        await store.mailings.started(message.mailing_id, message.at, now=ports.clock.now())


async def mailing_finished(ports: Ports, message: MailingFinished) -> None:
    """Only the revision in force can finish: another plan may be under way since."""
    async with ports.transactions.begin() as store:
        await store.mailings.finished(
            message.mailing_id, message.revision, message.at, now=ports.clock.now()
        )


async def not_for_us(_ports: Ports, _message: Message) -> None:
    """The queue takes all progress; the waves and their emission are for stats alone."""


HANDLERS: dict[type[Message], Callable[[Ports, Any], Awaitable[None]]] = {
    WavesPlanned: not_for_us,
    MailingStarted: mailing_started,
    MailingEmitted: not_for_us,
    MailingFinished: mailing_finished,
}
