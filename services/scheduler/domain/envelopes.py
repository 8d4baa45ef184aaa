"""Packing commands into envelopes: one mailing and zone each, so they share what is the same.

What the broker and the senders cost is by the message. So envelopes of small zones travel together,
as many as have the commands of one full envelope."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, islice
from operator import attrgetter
from typing import NamedTuple

from services.scheduler.domain.wording import is_plain
from shared.contracts.commands import Grounds, SendCommand, SendMessages
from shared.contracts.mailings import MailingChanged
from shared.domain.local_time import Opening
from shared.domain.zones import tzdata_version, zone_info


class Ready(NamedTuple):
    """A message that may go out now.

    ``zone`` is its wave's, ``client_zone`` the one its client lives in now. ``text`` is None when
    it is the mailing's own; ``text_revision`` is 0 when it is of the mailing's present revision.
    """

    message_id: int
    client_id: int
    client_revision: int
    address: str
    zone: str
    client_zone: str
    dispatch: int
    text: str | None = None
    text_revision: int = 0


def envelopes(
    mailing: MailingChanged,
    ready: Iterable[Ready],
    openings: Mapping[str, Opening],
    size: int,
) -> Iterator[SendMessages]:
    """At most ``size`` commands in each, in the order given within a zone; a zone is begun where
    there is room beside the one before, so that full messages can be made of them.

    ``openings``: those the clients' zones are in; nobody is sent to after theirs has closed.
    """
    text = mailing.spec.text if is_plain(mailing.spec.text) else ""
    ordered = iter(sorted(ready, key=_shared))
    while chunk := tuple(islice(ordered, size)):
        for (zone, client_zone, revision), group in groupby(chunk, _shared):
            yield SendMessages(
                mailing_id=mailing.mailing_id,
                mailing_revision=mailing.revision,
                timezone=zone,
                channel=mailing.spec.channel,
                text=text,
                not_after=openings[client_zone].closes_at,
                grounds=_grounds(mailing, client_zone, openings[client_zone], revision),
                commands=tuple(map(_command, group)),
            )


def together(packed: Iterable[SendMessages], size: int) -> Iterator[tuple[SendMessages, ...]]:
    """Those that travel as one: neighbours, with at most ``size`` commands in all."""
    some: list[SendMessages] = []
    commands = 0
    for envelope in packed:
        if some and commands + len(envelope.commands) > size:
            yield tuple(some)
            some, commands = [], 0
        some.append(envelope)
        commands += len(envelope.commands)
    if some:
        yield tuple(some)


_shared = attrgetter("zone", "client_zone", "text_revision")


def _grounds(mailing: MailingChanged, zone: str, opening: Opening, text_revision: int) -> Grounds:
    rules = zone_info(zone)
    return Grounds(
        mailing_id=mailing.mailing_id,
        timezone=zone,
        opens_at=opening.opens_at.astimezone(rules),
        closes_at=opening.closes_at.astimezone(rules),
        tzdata=tzdata_version(),
        text_revision=text_revision or mailing.revision,
    )


def _command(ready: Ready) -> SendCommand:
    return SendCommand(
        message_id=ready.message_id,
        client_id=ready.client_id,
        client_revision=ready.client_revision,
        address=ready.address,
        dispatch=ready.dispatch,
        text=ready.text,
    )
