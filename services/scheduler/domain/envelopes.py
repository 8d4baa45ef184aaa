"""Packing commands into envelopes: one mailing and zone each, so they share what is the same."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice

from shared.contracts.commands import SendCommand, SendMessages
from shared.contracts.mailings import MailingChanged


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that may go out now. ``zone`` is its wave's; ``not_after`` its client's."""

    message_id: int
    client_id: int
    client_revision: int
    address: str
    zone: str
    dispatch: int
    not_after: datetime


def envelopes(mailing: MailingChanged, ready: Iterable[Ready], size: int) -> Iterator[SendMessages]:
    """At most ``size`` commands in each, in the order given within a zone."""
    in_order = sorted(ready, key=_shared)
    for (zone, not_after), group in groupby(in_order, _shared):
        commands = map(_command, group)
        while chunk := tuple(islice(commands, size)):
            yield SendMessages(
                mailing_id=mailing.mailing_id,
                mailing_revision=mailing.revision,
                timezone=zone,
                channel=mailing.spec.channel,
                text=mailing.spec.text,
                not_after=not_after,
                commands=chunk,
            )


def _shared(ready: Ready) -> tuple[str, datetime]:
    return ready.zone, ready.not_after


def _command(ready: Ready) -> SendCommand:
    return SendCommand(
        message_id=ready.message_id,
        client_id=ready.client_id,
        client_revision=ready.client_revision,
        address=ready.address,
        dispatch=ready.dispatch,
    )
