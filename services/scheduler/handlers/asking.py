"""Asks after messages whose end was never heard of, until their mailing has finished.

The row is its own outbox here, too: a round of questions goes through a mailing's rows in the order
of its clients, and how far it has come is written down after each page has been confirmed.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from services.scheduler import metrics
from services.scheduler.domain.retold import Row, retold
from services.scheduler.domain.unheard import Step, Unheard, next_step
from services.scheduler.ports import Inquiries, Quiet, UnheardOf
from shared.contracts.commands import LONG_OVER, SendCommand, SendMessages
from shared.contracts.mailings import MailingChanged
from shared.contracts.progress import MailingFinished
from shared.runtime.clock import Clock
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# With a page in a second, a million messages take a quarter of an hour, and the senders spend a
# few hundredths of their time on it: a question is a look into the ledger.
PAGE = 1_000


class Asking:
    """``patience``: how long a mailing may go without finishing when all of it is emitted."""

    def __init__(
        self,
        unheard: UnheardOf,
        outlet: Inquiries,
        quiet: Quiet,
        clock: Clock,
        *,
        patience: timedelta,
        per_envelope: int,
    ) -> None:
        self._unheard = unheard
        self._outlet = outlet
        self._quiet = quiet
        self._clock = clock
        self._patience = patience
        self._per_envelope = per_envelope

    async def on_finished(self, event: MailingFinished) -> None:
        await self._unheard.finished(event.mailing_id, event.revision)

    async def ask_round(self) -> bool:
        """Whether anything was told or asked."""
        now = self._clock.now()
        unheard = await self._unheard.follow(now)
        steps = [(each, next_step(each, now, self._patience)) for each in unheard]
        to_tell = [each for each, step in steps if step is Step.TELL]
        to_ask = [each for each, step in steps if step is Step.ASK]
        if not (to_tell or to_ask) or not await self._quiet.is_quiet():
            return False
        for each in to_tell:
            log.info("An end is told once more", extra=_facts("tell_again", each))
            await self._unheard.tell_again(each.mailing, now)
        if to_ask:
            await self._ask(to_ask[0], now)
        return True

    async def _ask(self, unheard: Unheard, now: datetime) -> None:
        mailing = unheard.mailing
        if unheard.after is None:
            log.warning("Asking after a mailing's messages", extra=_facts("ask", unheard))
        page = await self._unheard.page(mailing.mailing_id, unheard.after or 0, PAGE)
        if not page:
            await self._unheard.asked_all(mailing, now)
            return
        asked = [row for row in page if row.state == "queued"]
        for events in retold(page):
            await self._outlet.tell(events)
        await self._outlet.ask(list(questions(mailing, asked, self._per_envelope)))
        metrics.ASKED.inc(len(asked))
        await self._unheard.asked(mailing, page[-1].client_id)


def questions(mailing: MailingChanged, asked: Sequence[Row], size: int) -> Iterator[SendMessages]:
    for zone, group in groupby(sorted(asked, key=_zone), _zone):
        in_zone = list(group)
        for start in range(0, len(in_zone), size):
            yield SendMessages(
                mailing_id=mailing.mailing_id,
                mailing_revision=mailing.revision,
                timezone=zone,
                channel=mailing.spec.channel,
                text="",
                not_after=LONG_OVER,
                question=True,
                commands=tuple(map(_question, in_zone[start : start + size])),
            )


def _zone(row: Row) -> str:
    return row.timezone


def _question(row: Row) -> SendCommand:
    """Without the client's revision and number: nobody is called."""
    return SendCommand(
        message_id=row.message_id,
        client_id=row.client_id,
        client_revision=0,
        address="",
        dispatch=row.dispatch,
    )


def _facts(action: str, unheard: Unheard) -> dict[str, object]:
    mailing = unheard.mailing
    ids = {"mailing_id": mailing.mailing_id, "revision": mailing.revision}
    return facts(action, **ids, asks=unheard.asks)
