"""What schemathesis has to be told of our API, beside its document. Loaded by its own process."""

import json
import os
import re
from collections.abc import Callable
from itertools import count, cycle
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import TestPhase

KEY, PREFIX = "Idempotency-Key", "/api/v1"
# What valid means here no schema can say: that a cursor was given out, that an end is later than a
# start, that a number is one of this country, that there is such a department.
MEANINGFUL = {
    *("cursor", "phone", "email", "timezone", "tag", "tags", "name", "operator_code"),
    *("operator_codes", "text", "starts_at", "ends_at", "from", "to", "attributes", "group"),
    *("department_id", "departments", "client_id", "message_ids", "parked", "mailing_id", "body"),
    *("holidays", "filter", "window", "max_lateness", "status", "channel"),
    *("current_password", "scopes", "expires_at", "invitation", "token", "password"),
    *("map", "delimiter", "prefix", "created_from", "created_to"),
    *("phones", "timezones", "all", "url", "events", "default_timezone"),
}
# By the parameter of a path: what the caller must not change or end, or all behind it would be
# asked by a stranger; and what instead.
SPARED = json.loads(os.environ["SPARED"])
# What there is (schemathesis_world.py). Each id in its turn; now and then none of them, but
# whatever schemathesis made up.
_WORLD = json.loads(os.environ["WORLD"])
IDS = {name: cycle([*ids, None]) for name, ids in _WORLD["ids"].items()}
USED_UP = {operation: iter(takes) for operation, takes in _WORLD["used_up"].items()}
NUMBERS = count()
# By the field of a body: for what is valid by the document and would be refused for its meaning.
MEANT: dict[str, Callable[[], Any]] = {
    "phone": lambda: f"7917{next(NUMBERS):07}",
    "phones": lambda: ["79160000008"],
    "timezone": lambda: "Asia/Omsk",
    "operator_code": lambda: "916",
    "operator_codes": lambda: ["916"],
    "timezones": lambda: ["Europe/Moscow"],
    "email": lambda: f"somebody{next(NUMBERS)}@example.com",
    "name": lambda: f"Name {next(NUMBERS)}",
    "text": lambda: "Hello {{ name }}",
    "channel": lambda: "sms",
    "tags": lambda: ["vip"],
    "url": lambda: "https://crm.example.com/",
    "from": lambda: "10:00",
    "to": lambda: "20:00",
    "starts_at": lambda: "2027-03-01T00:00:00",
    "ends_at": lambda: "2027-03-08T00:00:00",
    "expires_at": lambda: "2027-03-08T00:00:00Z",
    "departments": lambda: [one for one in [existing("department_id")] if one],
    "attributes": lambda: {"city": "Omsk"},
}
# What is to last is none of theirs.
ENDS = re.compile(r"DELETE .*|.*/erase")
_MESSAGE = re.compile(r"[A-Z0-9'\"].*[.?]", re.DOTALL)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """What is valid finds something, and means something. A key is one request's own; made up, it
    would be another's sooner or later. The caller stays who they are."""
    give_meaning(case)
    if re.fullmatch(r'"?[A-Za-z0-9._~:+/=-]+"?', str((case.headers or {}).get(KEY, " "))):
        case.headers[KEY] = str(uuid4())
    for name, (own, another) in SPARED.items():
        if case.method != "GET" and str((case.path_parameters or {}).get(name)) == str(own):
            case.path_parameters[name] = another


def give_meaning(case: Any) -> None:
    """To what is valid only. In a chain of requests the ids of paths come out of answers."""
    meta = case.meta
    operation = case.operation.label.replace(PREFIX, "")
    left = USED_UP.get(operation, iter(())) if meta.generation.mode.is_positive else iter(())
    takes: dict[str, Any] = next(left, {})
    if meta.phase.name != TestPhase.STATEFUL and not meta.is_negative_at(ParameterLocation.PATH):
        if not ENDS.fullmatch(operation):
            for name, id_ in case.path_parameters.items():
                case.path_parameters[name] = existing(name) or id_
        case.path_parameters.update(takes.get("path", {}))
    if isinstance(case.body, dict) and not meta.is_negative_at(ParameterLocation.BODY):
        if next(NUMBERS) % 8:
            case.body = meaningful(case.body)
        case.body.update(takes.get("body", {}))


def existing(parameter: str) -> Any:
    return next(IDS.get(parameter, iter(())), None)


def meaningful(body: dict[str, Any]) -> dict[str, Any]:
    """The body with other values, wherever it has some at all."""
    found = {name: value and meant(name, value) for name, value in body.items()}
    if body.get("timing") != "local":
        found |= {at: f"{found[at]}Z" for at in ("starts_at", "ends_at") if found.get(at)}
    return found


def meant(name: str, value: Any) -> Any:
    if name in MEANT:
        return MEANT[name]()
    if name in IDS:
        return existing(name) or value
    return meaningful(value) if isinstance(value, dict) else value


@schemathesis.serializer("text/csv", "application/x-ndjson")
def as_text(context: Any, value: Any) -> Any:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.check
def a_refusal_says_why(context: Any, response: Any, case: Any) -> None:
    """Every one is a problem document under the id of its request; 422 names fields."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/problem+json"]
    problem = response.json()
    assert problem["status"] == response.status_code
    assert [problem["request_id"]] == response.headers["x-request-id"]
    for reason in (problem["detail"], *(error["reason"] for error in problem["errors"])):
        assert _MESSAGE.fullmatch(reason), f"This is no sentence: {reason!r}"
    if response.status_code == 422:
        assert problem["errors"], "No field is named."


@schemathesis.check
def what_is_valid_by_the_document_is_taken(context: Any, response: Any, case: Any) -> None:
    """Unless it is refused for a meaning that no schema can say."""
    if response.status_code != 422 or not case.meta.generation.mode.is_positive:
        return
    named = {error["field"] for error in response.json()["errors"]}
    last = {[part for part in field.split(".") if not part.isdigit()][-1] for field in named}
    assert last <= MEANINGFUL, f"The document says nothing against {sorted(last - MEANINGFUL)}."
