"""What every route has in common, written into the document of the API where it belongs.

Nothing of it stands at the routes: whoever adds one gets it by what the route does.
"""

from collections.abc import Mapping
from typing import Any

from services.api.domain.once import HEADER, KEY_HEADER
from services.api.domain.versions import ANY, ENTITY_TAGS
from services.api.entrypoints.http.permissions import NEEDS, VERSIONED, is_write
from services.api.entrypoints.http.problems import answers

_TEXT = {"type": "string"}
_ETAG = {"ETag": {"description": "The version that this is.", "schema": _TEXT}}
_APPLIED = {"Preference-Applied": {"description": "What was granted of `Prefer`.", "schema": _TEXT}}
_LOCATION = {"Location": {"description": "Where it is.", "schema": _TEXT}}
# Whoever makes up requests by the document finds a value without looking for one in a pattern.
_EXPECTED = {**_TEXT, "anyOf": [{"const": ANY}, {"pattern": ENTITY_TAGS}]}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what you have: 304 if it is the same still.",
    "schema": _TEXT,
}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Any word that is this request's own: sent again with it within a day, it is"
    " not done again, and answered as it was. 409 as long as it is in progress, 422 when the word"
    " was another request's.",
    "schema": {"type": "string", "pattern": KEY_HEADER},
}
_PREFER = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": "`return=minimal`: an answer without a body (RFC 7240).",
    "schema": _TEXT,
}


def tell_conventions(document: Mapping[str, Any]) -> None:
    for operations in document["paths"].values():
        for method, operation in operations.items():
            versioned = operation.pop(VERSIONED, False)
            if versioned:
                _tell_versions(method, operation["responses"])
            if versioned and method == "get":
                _takes(operation, _IF_NONE_MATCH)
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "If-Match":
                    parameter["schema"] = _EXPECTED
            if "requestBody" in operation:
                _may_answer(operation, 413, 415)
            if method != "get" and NEEDS in operation:
                _tell_keys(operation)
            if method != "get" and is_write(operation.get(NEEDS, ())):
                _tell_preferences(operation)
            if "201" in operation["responses"]:
                _has_headers(operation["responses"]["201"], _LOCATION)


def _tell_versions(method: str, responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        if status.startswith("2") or status == "412":
            _has_headers(response, _ETAG)
    if method == "get":
        responses["304"] = {"description": "It is the same still.", "headers": dict(_ETAG)}


def _tell_keys(operation: dict[str, Any]) -> None:
    _takes(operation, _KEY)
    _may_answer(operation, 409)


def _tell_preferences(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    bodies = [status for status in ("200", "201", "202") if "content" in responses.get(status, {})]
    if not bodies:
        return
    _takes(operation, _PREFER)
    for status in bodies:
        _has_headers(responses[status], _APPLIED)
    if "200" in bodies:
        headers = responses["200"].get("headers", {})
        responses["204"] = {"description": "Done; told no more, as preferred.", "headers": headers}


def _may_answer(operation: dict[str, Any], *statuses: int) -> None:
    for status, answer in answers(*statuses).items():
        operation["responses"].setdefault(str(status), answer)


def _takes(operation: dict[str, Any], parameter: Mapping[str, Any]) -> None:
    operation.setdefault("parameters", []).append(dict(parameter))


def _has_headers(response: dict[str, Any], headers: Mapping[str, Any]) -> None:
    response.setdefault("headers", {}).update(headers)
