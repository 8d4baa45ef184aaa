"""Messages that ended ``failed`` or ``unknown``: sent again, or resolved, as a person decided.

Who is sent again is handed out by ``returning``, like everybody who came back. Whose end is known
by now is told of through a batch, like every end there is.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.scheduler.handlers.publishing import Publishing
from services.scheduler.ports import Batch
from shared.contracts.replays import MessagesReplayed, MessagesResolved
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moved:
    """How many messages were moved by what a person decided; ``strangers``: ids that the mailing
    has no message of. Those that are under a later dispatch by now are neither."""

    messages: int
    strangers: Sequence[int] = ()


class Store(Protocol):
    async def replay(self, replayed: MessagesReplayed, now: datetime) -> Moved:
        """Holds those that have no later dispatch than the person saw, under the next one, until
        the mailing has reached the revision."""
        ...

    async def resolve(self, resolved: MessagesResolved) -> tuple[Moved, Batch | None]:
        """Ends those that have no later dispatch than the person saw, under the next one."""
        ...


class Replays:
    def __init__(self, store: Store, publishing: Publishing, clock: Clock) -> None:
        self._store = store
        self._publishing = publishing
        self._clock = clock

    async def on_replayed(self, replayed: MessagesReplayed) -> None:
        moved = await self._store.replay(replayed, self._clock.now())
        _log("Messages are sent again", "replay", replayed, moved)

    async def on_resolved(self, resolved: MessagesResolved) -> None:
        """A batch that could not be published is taken up again later, like any other."""
        moved, batch = await self._store.resolve(resolved)
        _log("Messages were resolved", "resolve", resolved, moved)
        if batch is not None:
            await self._publishing.publish(batch)


def _log(
    sentence: str, action: str, decided: MessagesReplayed | MessagesResolved, moved: Moved
) -> None:
    ids = {"mailing_id": decided.mailing_id}
    counts = {"asked": len(decided.messages), "moved": moved.messages}
    log.info(sentence, extra=facts(action, **ids, **counts))
    for message_id in moved.strangers:
        log.warning(
            "A person decided about a message that was never heard of",
            extra=facts(action, **ids, message_id=message_id),
        )
