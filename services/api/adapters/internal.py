"""Asking another service over HTTP: the service token, a time limit, what counts as an answer."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from services.api.domain.failures import FieldFault, Unavailable
from shared.runtime.asking import asking_client

# A page that waits for another service is better told that there is no answer now: within a second,
# all in all.
TIMEOUT = 0.8


class Refused(Exception):
    """The other service found fault with what was asked: these fields."""

    def __init__(self, faults: tuple[FieldFault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults


def make_client(url: str, token: str) -> httpx.AsyncClient:
    """The one client of a service; ``token`` shows that a service is asking."""
    return asking_client(url, token, TIMEOUT)


async def ask(
    client: httpx.AsyncClient, who: str, method: str, path: str, **options: Any
) -> dict[str, Any] | None:
    """The answer, None for 404. Raises Refused, and Unavailable with ``who`` as its subject."""
    answer = await ask_for_bytes(client, who, method, path, **options)
    if answer is None:
        return None
    try:
        body = json.loads(answer)
    except ValueError as error:
        raise Unavailable(f"{who} not answer now.") from error
    if not isinstance(body, dict):
        raise Unavailable(f"{who} not answer as it should.")
    return body


async def ask_for_bytes(
    client: httpx.AsyncClient, who: str, method: str, path: str, **options: Any
) -> bytes | None:
    """The same, as it came."""
    try:
        answer = await client.request(method, path, **options)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise Refused(_faults(answer.json()))
        return _content(answer.raise_for_status())
    except (httpx.HTTPError, ValueError) as error:
        raise Unavailable(f"{who} not answer now.") from error


def _content(answer: httpx.Response) -> bytes:
    """An answer and its stream know each other, so its content would live until the next look for
    garbage: 20 MB of books, for a minute of somebody watching a mailing."""
    del answer.stream
    return answer.content


def given(**values: Any) -> dict[str, Any]:
    """The parameters of a query that have a value."""
    return {name: value for name, value in values.items() if value is not None}


def _faults(problem: Any) -> tuple[FieldFault, ...]:
    errors = problem.get("errors", []) if isinstance(problem, Mapping) else []
    return tuple(FieldFault(str(one["field"]), str(one["reason"])) for one in errors)
