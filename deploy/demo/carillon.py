"""The part of Carillon's REST interface that the demo uses."""

import time
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]


class DemoFailedError(Exception):
    """The system answered something the demo cannot go on with."""


class NotYetError(DemoFailedError):
    """What was asked for is not there at this moment (404, 503)."""


class Carillon:
    """A logged-in user of the REST interface at `url`."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url.rstrip('/')}/api/v1", timeout=30.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def login(self, email: str, password: str) -> None:
        answer = self._call("POST", "/auth/login", json={"email": email, "password": password})
        self._http.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def import_clients(self, csv_text: str, limit: float = 60.0) -> Json:
        """Import a CSV file and wait for its end; the import's last report."""
        begun = self._call(
            "POST", "/clients/import", content=csv_text, headers={"Content-Type": "text/csv"}
        )
        until = time.monotonic() + limit
        while True:
            report = self._call("GET", f"/imports/{begun['id']}")
            if report["state"] != "running":
                return report
            if time.monotonic() > until:
                raise DemoFailedError(f"The import did not end within {limit:.0f} s.")
            time.sleep(0.2)

    def create_mailing(self, body: Json) -> Json:
        return self._call("POST", "/mailings", json=body)

    def preview(self, body: Json) -> Json:
        return self._call("POST", "/mailings/preview", json=body)

    def proof(self, message: object) -> Json:
        """Every call of a message, with the local time and the window it was made in."""
        return self._call("GET", f"/messages/{message}")

    def statistics(self, mailing: object) -> Json:
        return self._call("GET", f"/mailings/{mailing}/statistics")

    def messages(self, mailing: object) -> list[Json]:
        """Every message of the mailing that has a row."""
        found: list[Json] = []
        cursor: str | None = None
        while True:
            params = {"limit": "500"} | ({"cursor": cursor} if cursor else {})
            page = self._call("GET", f"/mailings/{mailing}/messages", params=params)
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def _call(self, method: str, path: str, **how: Any) -> Json:
        answer = self._http.request(method, path, **how)
        if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.SERVICE_UNAVAILABLE):
            raise NotYetError(f"{method} {path} answered {answer.status_code}.")
        if answer.is_error:
            raise DemoFailedError(f"{method} {path} answered {answer.status_code}: {answer.text}")
        found: Json = answer.json()
        return found
