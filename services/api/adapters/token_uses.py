"""When API tokens were used, in memory: a write for each request would cost more than it tells."""

from collections.abc import Mapping
from datetime import datetime


class LocalTokenUses:
    """What a process that ends has not yet written is not told; it is a minute's worth."""

    def __init__(self) -> None:
        self._noted: dict[int, datetime] = {}

    def note(self, key_id: int, now: datetime) -> None:
        self._noted[key_id] = now

    def noted(self) -> Mapping[int, datetime]:
        return dict(self._noted)

    def forget(self, written: Mapping[int, datetime]) -> None:
        for key_id, at in written.items():
            if self._noted.get(key_id) == at:
                del self._noted[key_id]
