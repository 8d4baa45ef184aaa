"""The books in memory: the plainest thing that could be right, to compare the real ones with.

Nothing is rolled up here: every answer is counted from the messages themselves. What the handlers
say the counts changed by is added up as well, and must come to the same at every commit.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from services.stats.domain.books import MailingBook, ZoneBook, total
from services.stats.domain.calls import Call
from services.stats.domain.receipts import AT_THE_PROVIDER, Receipt
from services.stats.domain.standing import Cell, Change, SentSpan, Standing
from services.stats.ports import Due, MessageLine, MessageStory
from shared.contracts.delivery import MessagesForgotten
from shared.contracts.progress import MailingEmitted, WavesPlanned, WaveState
from shared.contracts.statuses import ENDS, Status
from shared.contracts.trials import NO_MAILING


class MemoryBooks:
    def __init__(self) -> None:
        self.messages_by_id: dict[int, Standing] = {}
        self.calls: dict[tuple[int, int, int, datetime], Call] = {}
        self.waves: dict[tuple[int, str], WaveState] = {}
        self.tally: Counter[Cell] = Counter()
        self.pace: Counter[tuple[int, int]] = Counter()
        self.spans: dict[int, SentSpan] = {}
        self.emissions: dict[int, tuple[int, int, int]] = {}
        self.finished: dict[int, int] = {}
        self.finished_times: dict[int, datetime] = {}
        self.closed_times: dict[int, datetime] = {}
        self.opened: set[int] = set()
        self.receipts_by_id: dict[int, tuple[Receipt, datetime]] = {}

    @asynccontextmanager
    async def open(self, mailing_ids: Collection[int]) -> AsyncIterator["MemoryBooks"]:
        self.opened = set(mailing_ids)
        yield self
        counted = Counter(
            Cell(each.mailing_id, each.timezone, each.status)
            for each in self.messages_by_id.values()
            if each.mailing_id != NO_MAILING
        )
        assert +self.tally == counted

    @property
    def closed(self) -> Collection[int]:
        return self.closed_times.keys() & self.opened

    async def close(self, mailing_id: int, now: datetime) -> None:
        self.closed_times.setdefault(mailing_id, now)

    async def standings(self, message_ids: Collection[int]) -> Mapping[int, Standing]:
        known = self.messages_by_id
        return {each: known[each] for each in message_ids if each in known}

    async def enter(self, change: Change, calls: Sequence[Call]) -> None:
        self.messages_by_id |= {each.message_id: each for each in change.standings}
        self.tally.update(change.shifts)
        self.pace.update(change.sent)
        for call in calls:
            self.calls.setdefault((call.message_id, call.dispatch, call.attempt, call.at), call)
        for mailing_id, span in change.spans.items():
            known = self.spans.get(mailing_id, span)
            self.spans[mailing_id] = SentSpan(
                min(known.first, span.first), max(known.last, span.last)
            )

    async def plan(self, planned: WavesPlanned) -> None:
        for wave in planned.waves:
            known = self.waves.get((planned.mailing_id, wave.timezone))
            if known is None or wave.seq > known.seq:
                self.waves[planned.mailing_id, wave.timezone] = wave

    async def forget(self, forgotten: MessagesForgotten) -> None:
        called = {call.message_id for call in self.calls.values()}
        for each in self._of(forgotten.mailing_id):
            never_told_of = each.message_id not in called and each.sent_at is None
            if each.message_id < forgotten.born_before and never_told_of:
                del self.messages_by_id[each.message_id]
                if each.message_id in self.receipts_by_id:
                    receipt, heard_at = self.receipts_by_id[each.message_id]
                    self.receipts_by_id[each.message_id] = receipt._replace(waits=True), heard_at
                self.tally[Cell(each.mailing_id, each.timezone, each.status)] -= 1

    async def receipts(self, message_ids: Collection[int]) -> Mapping[int, Receipt]:
        known = self.receipts_by_id
        return {each: known[each][0] for each in message_ids if each in known}

    async def put_receipts(self, receipts: Sequence[Receipt], now: datetime) -> None:
        for receipt in receipts:
            known = self.receipts_by_id.get(receipt.message_id)
            if known is None or (known[0].weight, not known[0].waits) < (
                receipt.weight,
                not receipt.waits,
            ):
                heard_at = now if known is None else known[1]
                self.receipts_by_id[receipt.message_id] = receipt, heard_at

    async def mailings_of(self, message_ids: Collection[int]) -> Collection[int]:
        return {one.mailing_id for one in (await self.standings(message_ids)).values()}

    async def waiting(self, after: int, limit: int) -> tuple[Sequence[Receipt], int | None]:
        waits = [
            one
            for id_, (one, _) in sorted(self.receipts_by_id.items())
            if one.waits and id_ > after
        ]
        page = waits[:limit]
        ripe = [
            one
            for one in page
            if (standing := self.messages_by_id.get(one.message_id)) is not None
            and (one.status is Status.DELIVERED or standing.status in AT_THE_PROVIDER)
        ]
        return ripe, page[-1].message_id if len(page) == limit else None

    async def forget_receipts(self, heard_before: datetime) -> int:
        gone = [
            id_
            for id_, (one, heard_at) in self.receipts_by_id.items()
            if one.waits and heard_at < heard_before
        ]
        for id_ in gone:
            del self.receipts_by_id[id_]
        return len(gone)

    async def emitted(self, emitted: MailingEmitted) -> None:
        told = (emitted.revision, emitted.messages, emitted.dispatches or 0)
        self.emissions[emitted.mailing_id] = max(told, self.emissions.get(emitted.mailing_id, told))

    async def add_up(self) -> Sequence[Due]:
        return await self.due()

    async def due(self) -> Sequence[Due]:
        return [
            Due(mailing_id, revision)
            for mailing_id, (revision, messages, dispatches) in sorted(self.emissions.items())
            if revision > self.finished.get(mailing_id, 0)
            and self._all_ended(mailing_id, messages)
            and dispatches <= sum(each.dispatch for each in self._of(mailing_id))
        ]

    async def mark_finished(self, due: Due, at: datetime) -> None:
        known = self.finished.get(due.mailing_id, 0)
        if due.revision > known:
            self.finished[due.mailing_id] = due.revision
            self.finished_times[due.mailing_id] = at

    async def finished_at(self, mailing_id: int, revision: int) -> datetime | None:
        if self.finished.get(mailing_id) != revision:
            return None
        return self.finished_times[mailing_id]

    async def mailing(self, mailing_id: int) -> MailingBook:
        return (await self.mailings([mailing_id]))[0]

    async def mailings(self, mailing_ids: Collection[int]) -> Sequence[MailingBook]:
        return [self._mailing(mailing_id) for mailing_id in mailing_ids]

    async def zones(self, mailing_id: int) -> Sequence[ZoneBook]:
        named = {zone for mailing, zone in self.waves if mailing == mailing_id}
        lived = {each.timezone for each in self._of(mailing_id)}
        books = [self._zone(mailing_id, zone) for zone in named | lived]
        return sorted(books, key=_opening)

    async def sent_by_second(self, mailing_id: int, since: datetime) -> Mapping[int, int]:
        return {
            second: sent
            for (mailing, second), sent in self.pace.items()
            if mailing == mailing_id and second >= int(since.timestamp())
        }

    async def messages(
        self, mailing_id: int, status: Status | None, after: int, limit: int
    ) -> Sequence[MessageLine]:
        wanted = [
            each
            for each in self._of(mailing_id)
            if each.message_id > after and status in (None, each.status)
        ]
        ordered = sorted(wanted, key=lambda each: each.message_id)
        return [MessageLine(each, self._attempts(each.message_id)) for each in ordered[:limit]]

    async def message(self, message_id: int) -> MessageStory | None:
        standing = self.messages_by_id.get(message_id)
        if standing is None:
            return None
        receipt, _ = self.receipts_by_id.get(message_id, (None, None))
        counting = None if receipt is None or receipt.waits else receipt
        return MessageStory(standing, self._calls(message_id), counting)

    async def everything(self) -> Mapping[Status, int]:
        mailings = {mailing for mailing, _ in self.waves} | {
            each.mailing_id for each in self.messages_by_id.values()
        }
        mailings.discard(NO_MAILING)
        return total(self._mailing(mailing_id).by_status for mailing_id in mailings)

    def _of(self, mailing_id: int) -> list[Standing]:
        return [each for each in self.messages_by_id.values() if each.mailing_id == mailing_id]

    def _all_ended(self, mailing_id: int, messages: int) -> bool:
        statuses = [each.status for each in self._of(mailing_id)]
        return len(statuses) >= messages and all(status in ENDS for status in statuses)

    def _zone(self, mailing_id: int, zone: str) -> ZoneBook:
        rows = Counter(each.status for each in self._of(mailing_id) if each.timezone == zone)
        wave = self.waves.get((mailing_id, zone))
        if wave is None:
            return ZoneBook(zone, rows)
        rest = Status(wave.rest)
        rows[rest] += max(0, wave.size - rows.total())
        return ZoneBook(zone, rows, wave.opens_at, wave.closes_at, rest, wave.reason)

    def _mailing(self, mailing_id: int) -> MailingBook:
        named = {zone for mailing, zone in self.waves if mailing == mailing_id}
        lived = {each.timezone for each in self._of(mailing_id)}
        by_status = total(self._zone(mailing_id, zone).by_status for zone in named | lived)
        span = self.spans.get(mailing_id)
        if span is None:
            return MailingBook(mailing_id, by_status)
        return MailingBook(mailing_id, by_status, span.first, span.last)

    def _attempts(self, message_id: int) -> int:
        return len(
            {
                (call.dispatch, call.attempt)
                for call in self._calls(message_id)
                if call.kind != "returned" or call.latency_ms is not None
            }
        )

    def _calls(self, message_id: int) -> list[Call]:
        its_calls = [call for call in self.calls.values() if call.message_id == message_id]
        return sorted(its_calls, key=lambda call: (call.dispatch, call.attempt, call.at))


def _opening(zone: ZoneBook) -> tuple[bool, float, str]:
    opens = zone.opens_at.timestamp() if zone.opens_at else 0.0
    return (zone.opens_at is None, opens, zone.timezone)
