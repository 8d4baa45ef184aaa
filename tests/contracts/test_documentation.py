"""docs/messages.md tells of every message, truly."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

from shared.contracts.base import Message
from shared.contracts.topology import EVENT_BINDINGS
from tests.contracts.registry import example_file, messages, routing_keys, version

PAGE = Path(__file__).parents[2] / "docs" / "messages.md"
ROOT = PAGE.parent


def rows() -> list[list[str]]:
    """The cells of every table row that begins with a message's name."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_no_other_messages_are_told_of() -> None:
    assert {row[0] for row in rows()} == {f"`{message.__name__}`" for message in messages()}


@pytest.mark.parametrize("message", messages(), ids=lambda each: each.__name__)
def test_a_message_has_its_rows(message: type[Message]) -> None:
    mine = [row for row in rows() if row[0] == f"`{message.__name__}`"]
    for row in mine:
        assert row[4] == str(version(message))
        assert (ROOT / row[5].partition("(")[2].rstrip(")")).resolve() == example_file(message)
    named = [key for row in mine for key in row[1].split(", ")]
    if routing_keys(message):
        assert sorted(named) == sorted(f"`{key}`" for key in routing_keys(message))


def test_each_key_is_told_with_the_queues_it_reaches() -> None:
    for row in rows():
        keys = [key.strip("`") for key in row[1].split(", ")]
        for key in keys if "exchange" not in row[1] else []:
            assert {queue for queue in EVENT_BINDINGS if f"`{queue}`" in row[3]} == queues(key)


def queues(key: str) -> set[str]:
    bound = EVENT_BINDINGS.items()
    return {queue for queue, patterns in bound if any(fnmatch(key, each) for each in patterns)}
