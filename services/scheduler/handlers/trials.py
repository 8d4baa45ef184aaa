"""Trials: handed to the senders at once, ahead of all mailings, and kept nowhere.

A request that is delivered twice gives the same commands twice; the senders' ledger absorbs them.
"""

from datetime import datetime

from services.scheduler.domain.waves import WINDOW_PASSED
from services.scheduler.ports import Outlet
from shared.contracts.commands import SendCommand, SendMessages
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from shared.contracts.trials import NO_CLIENT, NO_MAILING, Trial, TrialsRequested
from shared.runtime.clock import Clock

# Trials keep no hours, so they have no zone of their own.
ZONE = "UTC"
_ENDS: tuple[Kind, ...] = ("expired", "unknown")


class Trials:
    def __init__(self, outlet: Outlet, clock: Clock) -> None:
        self._outlet = outlet
        self._clock = clock

    async def on_trials_requested(self, requested: TrialsRequested) -> None:
        now = self._clock.now()
        if now < requested.not_after:
            await self._outlet.send([_envelope(requested)], urgent=True)
            await self._outlet.tell(_events(requested, now, "queued"))
        else:
            await self._outlet.tell(_events(requested, now, "expired", WINDOW_PASSED))

    async def on_returned(self, returned: DeliveryEvents) -> None:
        """Ends the trials among what came back: there is no row that could be emitted anew, and
        whoever asked can ask again."""
        now = self._clock.now()
        for kind in _ENDS:
            ended = [_ended(event, now) for event in returned.events if _end_of(event) == kind]
            if ended:
                await self._outlet.tell(DeliveryEvents(kind=kind, events=tuple(ended)))


def _envelope(requested: TrialsRequested) -> SendMessages:
    return SendMessages(
        mailing_id=NO_MAILING,
        mailing_revision=0,
        timezone=ZONE,
        channel=requested.channel,
        text="",
        not_after=requested.not_after,
        commands=tuple(map(_command, requested.trials)),
    )


def _command(trial: Trial) -> SendCommand:
    return SendCommand(
        message_id=trial.message_id,
        client_id=NO_CLIENT,
        client_revision=0,
        address=trial.address,
        text=trial.text,
    )


def _events(
    requested: TrialsRequested, now: datetime, kind: Kind, reason: str | None = None
) -> DeliveryEvents:
    events = tuple(_event(trial, now, kind, reason) for trial in requested.trials)
    return DeliveryEvents(kind=kind, events=events)


def _event(trial: Trial, now: datetime, kind: Kind, reason: str | None) -> DeliveryEvent:
    return DeliveryEvent(
        message_id=trial.message_id,
        mailing_id=NO_MAILING,
        client_id=NO_CLIENT,
        timezone=ZONE,
        dispatch=1,
        kind=kind,
        at=now,
        reason=reason,
    )


def _end_of(returned: DeliveryEvent) -> Kind | None:
    """None for a message that is no trial."""
    if returned.mailing_id != NO_MAILING:
        return None
    return "unknown" if returned.uncertain else "expired"


def _ended(returned: DeliveryEvent, now: datetime) -> DeliveryEvent:
    return DeliveryEvent(
        message_id=returned.message_id,
        mailing_id=NO_MAILING,
        client_id=NO_CLIENT,
        timezone=ZONE,
        dispatch=returned.dispatch + 1,
        kind="unknown" if returned.uncertain else "expired",
        at=now,
        reason=returned.reason,
    )
