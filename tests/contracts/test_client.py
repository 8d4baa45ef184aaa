"""The client library covers the API: every route, parameter, field of a body and of an answer.

Whoever adds one to the gateway adds it to carillon/, or says here why not.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter

from carillon.client import PREFIX
from carillon.uploads import FORMATS
from services.api.entrypoints.http.app import create_app
from tests.support.client_calls import Method, OneOf, methods
from tests.support.shapes import differences, shape

# "METHOD /path": why the client has no method of it.
LEFT_OUT: dict[str, str] = {
    "GET /auth/oidc/login": "leads a browser to the provider; programs have API tokens",
    "GET /auth/oidc/callback": "the provider leads a browser back there",
    "POST /receipts/{provider}": "providers bring them, and sign them",
    "POST /auth/oidc/token": "for the page at which a browser's log-in ended",
}

# Headers that no method takes, and why.
HEADERS_LEFT_OUT = {
    "Idempotency-Key": "every write has one, which the client makes",
    "If-None-Match": "what is not answered has no type",
    "Prefer": "what is not answered has no type",
}

Json = Mapping[str, Any]

METHODS = list(methods())


@pytest.fixture(scope="module")
def document() -> Json:
    # No request is made: nothing behind it is needed.
    app = create_app(None, service_token="", import_max_bytes=1)  # type: ignore[arg-type]
    found: Json = app.openapi()
    return found


def routes_of(document: Json) -> Iterator[str]:
    for path, operations in document["paths"].items():
        if path.startswith(PREFIX):
            yield from (f"{method.upper()} {path.removeprefix(PREFIX)}" for method in operations)


def operation_of(document: Json, method: Method) -> Json:
    call = method.call()
    found: Json = document["paths"][PREFIX + call.route][call.method.lower()]
    return found


def test_every_route_has_a_method(document: Json) -> None:
    covered = {f"{call.method} {call.route}" for call in (one.call() for one in METHODS)}
    routes = set(routes_of(document))
    assert sorted(covered - routes) == []
    assert sorted(routes - covered) == sorted(LEFT_OUT)


for_every_method = pytest.mark.parametrize("method", METHODS, ids=lambda one: one.name)


@for_every_method
def test_every_parameter_can_be_given(document: Json, method: Method) -> None:
    call = method.call()
    parameters = operation_of(document, method).get("parameters", [])
    queries = {one["name"]: one for one in parameters if one["in"] == "query"}
    assert set(call.query) == set(queries)
    for name, value in call.query.items():
        assert unlike(value, queries[name]["schema"], document, name) == []
    assert set(call.places) == {one["name"] for one in parameters if one["in"] == "path"}
    headers = {one["name"] for one in parameters if one["in"] == "header"}
    assert headers - HEADERS_LEFT_OUT.keys() == ({"If-Match"} if call.if_match else set())
    needed = {name for name, one in queries.items() if one.get("required")}
    assert {name for name, one in method.call(little=True).query.items() if one is not None} == (
        needed
    )


@for_every_method
def test_every_field_of_a_body_can_be_given(document: Json, method: Method) -> None:
    call = method.call()
    accepted = operation_of(document, method).get("requestBody", {}).get("content", {})
    if call.upload is not None:
        assert set(FORMATS.values()) <= set(accepted)
        return
    schema = accepted.get("application/json", {}).get("schema")
    assert (call.body is None) is (schema is None)
    if call.body is None or schema is None:
        return
    assert unlike(call.body, schema, document) == []
    least = method.call(little=True).body
    assert least is not None
    assert set(least) == set(resolved(schema, document).get("required", ()))


@for_every_method
def test_every_field_of_an_answer_is_known(document: Json, method: Method) -> None:
    answers = operation_of(document, method)["responses"].items()
    good = [answer for status, answer in answers if status.startswith("2")]
    if (download := method.call().download) is not None:
        [content] = [one["content"] for one in good]
        assert download.accept in content
        return
    # A write may answer without a body too (return=minimal); there is one way to answer with one.
    [content] = [one["content"]["application/json"] for one in good if "content" in one] or [None]
    names = document["components"]["schemas"]
    told = "null" if content is None else shape(content["schema"], names)
    known = TypeAdapter(method.call().answer).json_schema()
    assert differences(shape(known, known.get("$defs", {})), told) == []


def unlike(value: Any, schema: Json, document: Json, where: str = "") -> list[str]:
    """Where what a method takes is not what the route does."""
    schema = resolved(schema, document)
    if isinstance(value, OneOf):
        words = frozenset(schema.get("enum", ()))
        return [] if words == value.words else [f"{where} is one of {sorted(words)}"]
    if "enum" in schema:
        return [f"{where} is an enumeration"]
    if isinstance(value, list):
        return unlike(value[0], schema["items"], document, f"{where}[]")
    if not isinstance(value, Mapping) or "properties" not in schema:
        return []
    fields = schema["properties"]
    wrong = [f"{where}.{name}" for name in fields.keys() ^ value.keys()]
    for name in fields.keys() & value.keys():
        wrong += unlike(value[name], fields[name], document, f"{where}.{name}")
    return sorted(wrong)


def resolved(schema: Json, document: Json) -> Json:
    """Without a name or a null around it."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return resolved(document["components"]["schemas"][name], document)
    if "anyOf" in schema:
        [one, *_] = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return resolved(one, document)
    return schema
