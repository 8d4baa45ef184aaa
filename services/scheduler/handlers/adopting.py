"""Messages that came back and of which there is no row: the plan that handed them out is lost.

Each is adopted, as a row that came back, and so goes the way of all the others. But if its client
has another message in the mailing by now, there must not be two: the stray one is ended in the
books, where it would else stay open for ever. So it is told as ended whenever it comes back once
more; nobody keeps a row of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from services.scheduler.domain.returned import due_after
from services.scheduler.domain.uncertain import PERHAPS_ACCEPTED
from services.scheduler.ports import Outlet
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.trials import NO_MAILING
from shared.runtime.clock import Clock

SUPERSEDED = "superseded"
_ENDS: tuple[Kind, ...] = ("cancelled", "unknown")


class Foundlings(Protocol):
    async def adopt(
        self, returned: Sequence[DeliveryEvent], due_at: Sequence[datetime]
    ) -> set[int]:
        """Makes rows of those that have none; the ids of those whose client has another message.
        Nothing of a mailing whose messages are to go."""
        ...


class Adoption:
    def __init__(self, foundlings: Foundlings, outlet: Outlet, clock: Clock) -> None:
        self._foundlings = foundlings
        self._outlet = outlet
        self._clock = clock

    async def on_returned(self, returned: DeliveryEvents) -> None:
        now = self._clock.now()
        events = [event for event in returned.events if _may_be_adopted(event)]
        if not events:
            return
        dues = [due_after(event, returned.grounds_of(event), now) for event in events]
        superseded = await self._foundlings.adopt(events, dues)
        strays = [event for event in events if event.message_id in superseded]
        for message in _ended(strays):
            await self._outlet.tell(message)


def _may_be_adopted(event: DeliveryEvent) -> bool:
    """Trials have no rows. One whose text is not told may not be repeated: a rebuild ends it."""
    return event.mailing_id != NO_MAILING and (event.text is not None or not event.uncertain)


def _ended(strays: Iterable[DeliveryEvent]) -> Iterable[DeliveryEvents]:
    ends = [_end(stray) for stray in strays]
    for kind in _ENDS:
        events = tuple(event for event in ends if event.kind == kind)
        if events:
            yield DeliveryEvents(kind=kind, events=events)


def _end(stray: DeliveryEvent) -> DeliveryEvent:
    return DeliveryEvent(
        message_id=stray.message_id,
        mailing_id=stray.mailing_id,
        client_id=stray.client_id,
        timezone=stray.timezone,
        dispatch=stray.dispatch + 1,
        kind="unknown" if stray.uncertain else "cancelled",
        at=stray.at,
        reason=SUPERSEDED,
        detail=PERHAPS_ACCEPTED if stray.uncertain else None,
    )
