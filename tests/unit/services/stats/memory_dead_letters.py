"""Dead letters in memory: looked for among all messages."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from services.stats.domain.calls import Call
from services.stats.domain.dead_letters import (
    DEAD,
    Cause,
    DeadLetter,
    Group,
    Sample,
    Wanted,
    place,
)
from services.stats.domain.standing import Standing
from shared.contracts.statuses import Status
from shared.contracts.trials import NO_MAILING
from tests.unit.services.stats.memory import MemoryBooks


class MemoryDeadLetters:
    def __init__(self, books: MemoryBooks) -> None:
        self._books = books

    async def groups(self, wanted: Wanted, after: Cause | None, limit: int) -> Sequence[Group]:
        groups: dict[Cause, list[Standing]] = defaultdict(list)
        for each in self._dead():
            if _is_wanted(_cause(each), wanted):
                groups[_cause(each)].append(each)
        causes = sorted(groups, key=place)
        behind = [c for c in causes if after is None or place(c) > place(after)]
        return [self._group(cause, groups[cause]) for cause in behind[:limit]]

    async def letters(self, wanted: Wanted | Cause, after: int, limit: int) -> Sequence[DeadLetter]:
        return [
            self._letter(each)
            for each in self._dead()
            if each.message_id > after and _is_wanted(_cause(each), wanted)
        ][:limit]

    async def named(self, message_ids: Collection[int]) -> Sequence[DeadLetter]:
        return [self._letter(each) for each in self._dead() if each.message_id in message_ids]

    def _dead(self) -> Iterable[Standing]:
        known = sorted(self._books.messages_by_id.values(), key=lambda each: each.message_id)
        return [each for each in known if each.status in DEAD and each.mailing_id != NO_MAILING]

    def _group(self, cause: Cause, members: Sequence[Standing]) -> Group:
        ends = [each.updated_at for each in members]
        return Group(cause, len(members), min(ends), max(ends), self._sample(members[-1]))

    def _sample(self, standing: Standing) -> Sample:
        calls = [call for call in self._calls(standing.message_id) if _was_made(call)]
        last = calls[-1] if calls else None
        return Sample(
            message_id=standing.message_id,
            client_id=standing.client_id,
            timezone=standing.timezone,
            dispatch=last.dispatch if last else standing.dispatch,
            attempt=last.attempt if last else 0,
            at=last.at if last else standing.updated_at,
            latency_ms=last.latency_ms if last else None,
            http_status=last.http_status if last else None,
            text_sha256=last.text_sha256 if last else None,
        )

    def _letter(self, standing: Standing) -> DeadLetter:
        hashes = [call.text_sha256 for call in self._calls(standing.message_id) if call.text_sha256]
        uncertain = standing.status is Status.UNKNOWN and hashes
        return DeadLetter(
            standing.message_id,
            standing.mailing_id,
            standing.client_id,
            standing.dispatch,
            standing.status,
            hashes[-1] if uncertain else None,
        )

    def _calls(self, message_id: int) -> list[Call]:
        calls = [call for call in self._books.calls.values() if call.message_id == message_id]
        return sorted(calls, key=lambda call: (call.dispatch, call.attempt, call.at))


def _cause(standing: Standing) -> Cause:
    return Cause(
        standing.mailing_id,
        standing.status,
        standing.reason,
        standing.http_status,
        standing.detail,
    )


def _is_wanted(cause: Cause, wanted: Wanted | Cause) -> bool:
    if isinstance(wanted, Cause):
        return cause == wanted
    return all(
        value is None or value == getattr(cause, name) for name, value in wanted._asdict().items()
    )


def _was_made(call: Call) -> bool:
    return call.kind != "returned" or call.latency_ms is not None
