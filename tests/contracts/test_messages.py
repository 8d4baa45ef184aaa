"""Nothing on the broker changes its shape by accident."""

import json
from fnmatch import fnmatch
from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.base import Message
from shared.contracts.topology import EVENT_BINDINGS
from tests.contracts.registry import (
    HERE,
    example_file,
    file_name,
    messages,
    routing_keys,
    schema,
    schema_file,
)

every_message = pytest.mark.parametrize("message", messages(), ids=lambda each: each.__name__)


def test_there_are_messages_and_no_files_of_others() -> None:
    names = {file_name(message) for message in messages()}
    assert len(names) >= 10
    for folder in ("examples", "schemas"):
        assert {file.name for file in (HERE / folder).iterdir()} == names


@every_message
def test_the_schema_is_the_committed_one(message: type[Message]) -> None:
    """If this is meant: python -m tests.contracts.freeze, and perhaps a new version."""
    assert schema(message) == json.loads(schema_file(message).read_text())


@every_message
def test_the_example_is_understood_and_written_the_same(message: type[Message]) -> None:
    decoded = message.decode(example_file(message).read_bytes())
    written = json.loads(decoded.encode())
    assert written in (example(message), without_empty(example(message)))
    assert message.decode(decoded.encode()) == decoded


@every_message
def test_the_example_names_every_field(message: type[Message]) -> None:
    assert set(example(message)) == set(schema(message)["properties"])


@every_message
def test_unknown_fields_are_tolerated_everywhere(message: type[Message]) -> None:
    """A later producer may say more."""
    body = json.dumps(with_unknown_fields(example(message))).encode()
    assert message.decode(body) == message.decode(example_file(message).read_bytes())


@every_message
@pytest.mark.parametrize("other", [0, 999, "1", None])
def test_another_version_is_refused(message: type[Message], other: object) -> None:
    body = json.dumps({**example(message), "version": other}).encode()
    with pytest.raises(ValidationError):
        message.decode(body)


@every_message
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b'{"version": 1', b"\xff"])
def test_what_is_not_this_message_is_refused(message: type[Message], body: bytes) -> None:
    with pytest.raises(ValidationError):
        message.decode(body)


@every_message
def test_a_message_is_frozen(message: type[Message]) -> None:
    decoded = message.decode(example_file(message).read_bytes())
    with pytest.raises(ValidationError):
        decoded.version = 1  # type: ignore[misc]


@every_message
def test_an_event_reaches_somebody(message: type[Message]) -> None:
    for key in routing_keys(message):
        assert any(fnmatch(key, pattern) for keys in EVENT_BINDINGS.values() for pattern in keys)


def test_the_key_of_an_event_names_its_kind() -> None:
    for message in messages():
        if keys := routing_keys(message):
            assert message.decode(example_file(message).read_bytes()).key in keys


def example(message: type[Message]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(example_file(message).read_text())
    return document


def with_unknown_fields(value: Any) -> Any:
    """A client's attributes are the one place where any field is known."""
    if isinstance(value, list):
        return [with_unknown_fields(each) for each in value]
    if not isinstance(value, dict):
        return value
    told = {k: v if k == "attributes" else with_unknown_fields(v) for k, v in value.items()}
    return {**told, "told_by_a_later_version": {"a": 1}}


def without_empty(value: Any) -> Any:
    """A message may leave out what has no value."""
    if isinstance(value, list):
        return [without_empty(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {k: without_empty(v) for k, v in value.items() if v is not None}
