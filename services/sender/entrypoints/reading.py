"""Reads envelopes, and parks those that cannot be read, up to a limit."""

import logging
from datetime import MAXYEAR, MINYEAR, datetime

from services.sender.handlers import metrics
from shared.contracts.commands import Grounds, SendCommand, SendMessages, SendTogether
from shared.runtime.broker import decode
from shared.runtime.logs import facts
from shared.runtime.metrics import DEAD_LETTERS

log = logging.getLogger(__name__)

_INT32 = 2**31
_INT64 = 2**63


def read_envelopes(queue: str, channel: str, body: bytes) -> tuple[SendMessages, ...]:
    """One, or several that came together. None of them, counted and logged, when any is not an
    envelope of ``channel`` that can be kept."""
    read = decode(queue, SendTogether, body)
    envelopes = () if read is None else read.envelopes
    unfit = [envelope for envelope in envelopes if not _can_be_kept(envelope, channel)]
    if not unfit:
        return envelopes
    DEAD_LETTERS.labels(queue=queue).inc()
    log.error(
        "An envelope holds what cannot be kept and was parked",
        extra=facts("dead_letter", queue=queue, mailing_id=unfit[0].mailing_id),
    )
    return ()


def _can_be_kept(envelope: SendMessages, channel: str) -> bool:
    """One command with a number the ledger has no room for would spoil every claim it is in."""
    return (
        envelope.channel == channel
        and len(envelope.commands) > 0
        and 0 <= envelope.mailing_id < _INT64
        and 0 <= envelope.mailing_revision < _INT64
        and _words_can_be_kept(envelope.timezone, envelope.text)
        and _instant_can_be_kept(envelope.not_after)
        and (envelope.grounds is None or _grounds_can_be_kept(envelope.grounds))
        and all(map(_command_can_be_kept, envelope.commands))
    )


def _grounds_can_be_kept(grounds: Grounds) -> bool:
    """They go into nobody's database here; but what we pass on must not spoil another's."""
    return (
        0 <= grounds.mailing_id < _INT64
        and 0 <= grounds.text_revision < _INT64
        and _words_can_be_kept(grounds.timezone, grounds.tzdata)
        and _instant_can_be_kept(grounds.opens_at)
        and _instant_can_be_kept(grounds.closes_at)
    )


def _words_can_be_kept(*words: str) -> bool:
    return not any("\0" in word for word in words)


def _instant_can_be_kept(instant: datetime) -> bool:
    """At the ends of the calendar there is no room for the difference between two zones."""
    return MINYEAR < instant.year < MAXYEAR


def _command_can_be_kept(command: SendCommand) -> bool:
    return (
        0 <= command.message_id < _INT64
        and 0 <= command.client_id < _INT64
        and 0 <= command.client_revision < _INT64
        and 0 <= command.dispatch < _INT32
        and 0 < command.attempt < _INT32
        and (command.text is None or _words_can_be_kept(command.text))
    )


class ParkingLimit:
    """So many unreadable envelopes may be parked; after that they are held in hand.

    A bad release must not divert a whole mailing: held envelopes use up the prefetch, which stops
    the consumer, and return to their queue when this process ends.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit

    def may_park(self, queue: str) -> bool:
        if self._left > 0:
            self._left -= 1
            return True
        metrics.DEAD_LETTERS_HELD.inc()
        log.error(
            "Too many envelopes cannot be read: they are held, and the consumer will stop",
            extra=facts("hold", queue=queue),
        )
        return False
