"""Problem documents (RFC 9457): every error of the API has this one shape."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from services.api.domain.failures import (
    Conflict,
    Failure,
    FieldFault,
    Forbidden,
    InProgress,
    Invalid,
    LogInNeeded,
    NotFound,
    NotOpen,
    Outdated,
    TooLarge,
    TooManyTries,
    Unauthorized,
    Unavailable,
    UnsupportedFormat,
)
from services.api.entrypoints.http.languages.faults import sentence
from services.api.entrypoints.http.languages.speaking import LANGUAGE, say, title
from shared.runtime.database import is_transient
from shared.runtime.logs import REQUEST_ID

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[Failure], HTTPStatus] = {
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    LogInNeeded: HTTPStatus.FORBIDDEN,
    NotOpen: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    InProgress: HTTPStatus.CONFLICT,
    Outdated: HTTPStatus.PRECONDITION_FAILED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyTries: HTTPStatus.TOO_MANY_REQUESTS,
    UnsupportedFormat: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_DATABASE_AWAY = Unavailable("The database does not answer now.")


class FieldError(BaseModel):
    field: str
    reason: str


class Problem(BaseModel):
    """RFC 9457. ``errors`` names each field that is wrong, dotted, and why; ``request_id`` is the
    one of X-Request-ID, by which our logs tell of this request."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []
    request_id: str = ""


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for its documentation."""
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted(statuses)
    }


def problem(
    status: int,
    detail: str,
    errors: Iterable[FieldFault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    language = LANGUAGE.get()
    document = Problem(
        title=title(status, language),
        status=status,
        detail=say(detail, language),
        errors=[FieldError(field=one.field, reason=say(one.reason, language)) for one in errors],
        request_id=REQUEST_ID.get(),
    )
    told = {"Content-Language": language, "Vary": "Accept-Language"} | dict(headers or {})
    return Response(document.model_dump_json(), status, media_type=MEDIA_TYPE, headers=told)


def of_failure(failure: Failure) -> Response:
    headers = {}
    if isinstance(failure, Unauthorized):
        headers["WWW-Authenticate"] = f"Bearer {failure.challenge}".rstrip()
    if isinstance(failure, Unavailable | TooManyTries | InProgress):
        headers["Retry-After"] = str(failure.retry_after)
    if isinstance(failure, Outdated):
        headers["ETag"] = failure.tag
    return problem(_STATUS[type(failure)], failure.detail, failure.errors, headers)


def validated(model: type[M], values: Any) -> M:
    """The values as this model. Raises Invalid, naming the fields."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Invalid(*map(_fault, error.errors())) from None


def install(app: FastAPI) -> None:
    """Turns whatever goes wrong in a request into a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    for one in (HTTPException, Failure, SQLAlchemyError, OSError, TimeoutError, Exception):
        app.add_exception_handler(one, _error)


def of_error(error: Exception) -> Response:
    """Whatever it is: ours to tell, the database's being away, or a bug, which is logged."""
    if isinstance(error, Failure):
        return of_failure(error)
    if isinstance(error, HTTPException):
        return _of_http(error)
    if is_transient(error):
        log.warning("The database does not answer: %s", type(error).__name__)
        return of_failure(_DATABASE_AWAY)
    log.error("A request failed", exc_info=error, extra={"action": "answer_500"})
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(status, "Something went wrong here; it is logged.")


async def _error(request: Request, error: Exception) -> Response:
    answer = of_error(error)
    if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(_methods_at(request))
    return answer


def _methods_at(request: Request) -> list[str]:
    """All of the path; the router names those of the first route that has it."""
    exactly = _methods_of_the_word(request)
    if exactly:
        return sorted(exactly)
    routes = request.app.router.routes
    return [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches(dict(request.scope) | {"method": method})[0] is Match.FULL
            for route in routes
        )
    ]


def _methods_of_the_word(request: Request) -> Collection[str]:
    """The methods of a path that is documented as it is, with no place for an id in it.

    Told by the routes: to make the document takes half a second, in which nobody else is answered,
    and 9 MB.
    """
    path = request.url.path.removeprefix(request.scope.get("root_path", ""))
    return {
        method
        for route in iter_route_contexts(request.app.routes)
        if route.path == path and isinstance(route.original_route, APIRoute)
        if route.include_in_schema
        for method in route.methods or ()
    }


async def _invalid(request: Request, error: Exception) -> Response:
    if _is_of_another_route(request):
        return await _error(request, HTTPException(HTTPStatus.METHOD_NOT_ALLOWED))
    found: Sequence[Any] = error.errors() if isinstance(error, RequestValidationError) else ()
    if _is_no_json(request, found):
        return of_failure(UnsupportedFormat("Send JSON, with Content-Type: application/json."))
    # The first part of a location says where it was: body, query, path.
    faults = [_fault({**one, "loc": one["loc"][1:] or one["loc"]}) for one in found]
    return of_failure(Invalid(*faults))


def _is_of_another_route(request: Request) -> bool:
    """Whether what took it wants an id where the path has a word."""
    if not request.path_params:
        return False
    methods = _methods_of_the_word(request)
    return bool(methods) and request.method not in methods


def _is_no_json(request: Request, found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the whole body was not understood because it did not say that it is JSON."""
    return "json" not in request.headers.get("content-type", "") and any(
        one["loc"] == ("body",) and one["type"] != "missing" for one in found
    )


def _of_http(error: HTTPException) -> Response:
    if error.status_code == HTTPStatus.BAD_REQUEST:  # what FastAPI says of an unreadable body
        return of_failure(Invalid(FieldFault("body", "The body cannot be read.")))
    return problem(error.status_code, f"{error.detail}.", headers=error.headers)


def _fault(error: Mapping[str, Any]) -> FieldFault:
    if error["type"] == "json_invalid":
        return FieldFault("body", f"The body is not JSON: {error['ctx']['error']}.")
    field = ".".join(map(str, error["loc"])) or "body"
    return FieldFault(field, sentence(error))
