"""The simulator's control endpoints, as the demo uses them."""

from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]

# A few percent of trouble, of every kind; latencies as of a real provider.
FAULTS: Json = {
    "latency_ms": 60,
    "latency_jitter_ms": 120,
    "error_rate": 0.02,
    "drop_rate": 0.01,
    "drop_before_rate": 0.005,
    "garbage_rate": 0.005,
    "throttle_rate": 0.002,
    "retry_after_s": 1,
    "reject_rate": 0.003,
    "hang_rate": 0.002,
}


class Simulator:
    """The simulator at `url`."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url.rstrip("/"), timeout=30.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def misbehave(self, faults: Json) -> None:
        self._http.put("/control/faults", json=faults).raise_for_status()

    def books(self) -> Json:
        found: Json = self._http.get("/control/books").raise_for_status().json()
        return found

    def accepted(self) -> dict[int, Json]:
        """Everything it accepted since its last reset, by message id."""
        records: dict[int, Json] = {}
        after: int | None = None
        while True:
            params = {"limit": 5000} | ({} if after is None else {"after": after})
            page = self._http.get("/control/accepted", params=params).raise_for_status().json()
            records |= {record["id"]: record for record in page["items"]}
            after = page["next_after"]
            if after is None:
                return records
