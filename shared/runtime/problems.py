"""Errors as problem documents (RFC 9457), for what services ask of one another."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from shared.runtime.database import is_transient


def answer_with_problems(app: FastAPI) -> None:
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    for away in (DBAPIError, PoolTimeoutError, OSError):
        app.add_exception_handler(away, _unavailable)


def problem(
    status: int,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    body: dict[str, Any] = {"title": HTTPStatus(status).phrase, "status": status}
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    return problem(422, [_field_error(each) for each in error.errors()])


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    """The first part of a location says where (path, query); the rest names the field."""
    field = ".".join(str(part) for part in error["loc"][1:])
    return {"field": field, "reason": error["msg"]}


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    return problem(error.status_code, headers=error.headers)


async def _unavailable(_: Request, error: Exception) -> Response:
    """The database is away or too busy; anything else is a bug and answers 500."""
    if not is_transient(error):
        raise error
    return problem(503, headers={"Retry-After": "1"})
