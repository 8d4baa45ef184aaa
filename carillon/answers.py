"""What was heard, made into a value or an error."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from carillon.calls import Call
from carillon.errors import FieldError, Refused, Unreadable, kind_of
from carillon.models.base import Model

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """``headers``: their names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


def value_of(call: Call[T], answer: Answer, now: datetime) -> T:
    """Raises Refused, or Unreadable."""
    if not answer.is_success:
        raise refusal_of(answer, now)
    answered: Any = call.answer
    try:
        value: T = _reader(answered).validate_json(answer.body or b"null")
    except ValidationError as error:
        where = ", ".join(sorted({".".join(map(str, one["loc"])) for one in error.errors()}))
        raise Unreadable(
            f"The answer to {call.method} {call.path} is not what this client knows: {where}.",
            status=answer.status,
        ) from None
    if isinstance(value, Model):
        value.tagged(answer.headers.get("etag"))
    return value


def refusal_of(answer: Answer, now: datetime) -> Refused | Unreadable:
    document = _document(answer.body)
    if document is None:
        phrase = f"The server answered {answer.status}, and nothing that can be read."
        return Unreadable(phrase, status=answer.status)
    return kind_of(answer.status)(
        str(document.get("detail") or document.get("title") or answer.status),
        status=answer.status,
        errors=_errors(document.get("errors")),
        retry_after=retry_after(answer, now),
        request_id=answer.headers.get("x-request-id"),
    )


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds from now; the header has a number of them or a date."""
    told = answer.headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (at - now).total_seconds()) if at.tzinfo else None


@cache
def _reader(answer: Any) -> TypeAdapter[Any]:
    return TypeAdapter(answer)


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _errors(told: Any) -> tuple[FieldError, ...]:
    """Those that have the form of one; a server's slip hides no refusal."""
    entries = told if isinstance(told, list) else []
    return tuple(
        FieldError(str(one.get("field", "")), str(one.get("reason", "")))
        for one in entries
        if isinstance(one, dict)
    )
