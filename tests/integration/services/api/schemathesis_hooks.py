"""What schemathesis has to be told of our API, beside its document. Loaded by its own process."""

import json
import os
import re
from typing import Any
from uuid import uuid4

import schemathesis

KEY = "Idempotency-Key"
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
_MESSAGE = re.compile(r"[A-Z0-9'\"].*[.?]", re.DOTALL)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """A key is one request's own; made up, it would be another's sooner or later. The caller stays
    who they are."""
    if re.fullmatch(r"[A-Za-z0-9._~:+/=-]+", str((case.headers or {}).get(KEY, " "))):
        case.headers[KEY] = str(uuid4())
    for name, (own, another) in SPARED.items():
        if case.method != "GET" and str((case.path_parameters or {}).get(name)) == str(own):
            case.path_parameters[name] = another


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
