"""Records the outcomes of calls, many in one transaction."""

from collections.abc import Sequence
from functools import partial

from services.sender.domain.outcomes import Outcome, Settlement, settlement
from services.sender.handlers import metrics
from services.sender.handlers.persistence import until_done
from services.sender.handlers.publishing import Publishing
from services.sender.ports import Ledger, RecordedAs
from shared.runtime.batches import Batches


class Recording:
    def __init__(
        self, channel: str, ledger: Ledger, publishing: Publishing, *, full: int, linger: float
    ) -> None:
        self._channel = channel
        self._ledger = ledger
        self._publishing = publishing
        self._outcomes: Batches[Outcome] = Batches(full, linger)

    def add(self, outcome: Outcome) -> None:
        self._outcomes.add(outcome)

    def __len__(self) -> int:
        return len(self._outcomes)

    async def run(self) -> None:
        while True:
            await self._record(await self._outcomes.take())

    async def _record(self, outcomes: Sequence[Outcome]) -> None:
        metrics.FLUSHED.labels(self._channel).observe(len(outcomes))
        recorded = await until_done("record", partial(self._ledger.record_calls, outcomes))
        self._publishing.add(self._settle(o, recorded.get(o.work.message_id)) for o in outcomes)

    def _settle(self, outcome: Outcome, recorded: RecordedAs | None) -> Settlement:
        """Whoever took an outlived lease over answers for the message now: nothing to publish."""
        if recorded is None:
            metrics.OVERTAKEN.labels(self._channel).inc()
            return Settlement(outcome.work)
        return settlement(outcome, recorded.dispatch, recorded.attempt)
