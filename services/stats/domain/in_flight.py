"""Calls under way, as the senders tell a few times a second. Kept in memory: nothing depends on
it, and a sender that stops telling is forgotten."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.contracts.delivery import CallsInFlight

FORGET_AFTER = timedelta(seconds=3)


@dataclass(slots=True)
class InFlightCalls:
    _latest: dict[str, CallsInFlight] = field(default_factory=dict)

    def renew(self, told: CallsInFlight) -> None:
        """Keeps the newest of each sender, in whatever order they come."""
        known = self._latest.get(told.sender)
        if known is None or told.at >= known.at:
            self._latest[told.sender] = told

    def calls(self, mailing_id: int, now: datetime) -> int:
        self._forget(now - FORGET_AFTER)
        return sum(
            entry.calls
            for told in self._latest.values()
            for entry in told.mailings
            if entry.mailing_id == mailing_id
        )

    def _forget(self, before: datetime) -> None:
        self._latest = {who: told for who, told in self._latest.items() if told.at >= before}
