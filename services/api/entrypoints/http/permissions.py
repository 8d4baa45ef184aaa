"""Which rights a route needs: said at the route, checked before it, shown in the documentation."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from services.api.domain.callers import Caller
from services.api.domain.rights import Right
from services.api.entrypoints.http.problems import answers

# Where the documentation of a route has them, for programs.
NEEDS = "x-needs"
# Whether the answers of a route have an ETag; told there as such.
VERSIONED = "x-versioned"
_LOOKING = ":read"
BY_LOG_IN = "x-by-log-in"
# The name under which the document has API tokens as a way to say who one is.
API_TOKEN = "ApiToken"  # noqa: S105 - the name of a scheme


def guarded(
    *rights: Right,
    by_log_in: bool = False,
    also: Iterable[int] = (),
    shows: Any = None,
    extra: Mapping[str, Any] | None = None,
    versioned: bool = False,
) -> dict[str, Any]:
    """The options of a route that needs these rights; without any, being logged in is enough.

    ``by_log_in``: an API token does not do; ``also``: the problems it answers with beside 401, 403,
    422 and 503; ``shows``: the model of an answer that the route makes by itself; ``extra``: more
    for its documentation; ``versioned``: whether its answers have an ETag.
    """
    problems = answers(401, 422, 503, *also, *([403] if rights or by_log_in else []))
    made = {} if shows is None else {200: {"model": shows}}
    return {
        "dependencies": [Depends(_Needs(*rights, by_log_in=by_log_in))],
        "responses": made | problems,
        "openapi_extra": {
            NEEDS: list(rights),
            **({BY_LOG_IN: True} if by_log_in else {}),
            **({VERSIONED: True} if versioned else {}),
            **(extra or {}),
        },
    }


def tell_needs(document: Mapping[str, Any]) -> None:
    """Writes into the descriptions of an OpenAPI document what it has for programs already."""
    for operations in document["paths"].values():
        for operation in operations.values():
            if operation.get(NEEDS):
                named = " and ".join(f"`{right}`" for right in operation[NEEDS])
                _tell(operation, f"Needs {named}.")
            if operation.get(BY_LOG_IN):
                _tell(operation, "An API token does not do for this.")
                ways = operation["security"]
                operation["security"] = [way for way in ways if API_TOKEN not in way]


def _tell(operation: dict[str, Any], sentence: str) -> None:
    told = operation.get("description", "")
    operation["description"] = f"{told}\n\n{sentence}".strip()


def needs_of(route: object) -> Collection[Right]:
    """The rights that a route needs; none of what is no route of the API."""
    extra = route.openapi_extra if isinstance(route, APIRoute) else None
    needs: Collection[Right] = (extra or {}).get(NEEDS, ())
    return needs


def is_write(needs: Collection[Right]) -> bool:
    """Whether a route that needs these changes something; looking at it needs a right as well."""
    return any(not right.endswith(_LOOKING) for right in needs)


class _Needs:
    def __init__(self, *rights: Right, by_log_in: bool) -> None:
        self._rights = rights
        self._by_log_in = by_log_in

    async def __call__(self, request: Request) -> None:
        """Raises Forbidden, LogInNeeded."""
        caller: Caller = request.state.caller
        caller.need(*self._rights)
        if self._by_log_in:
            caller.need_log_in()
