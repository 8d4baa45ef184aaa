"""Clients told of by columns."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.contracts.directory import ClientsAdded, ClientState
from tests.support.examples import added, clients


def test_columns_say_what_states_say() -> None:
    facts: dict[str, Any] = {"tags": ("a", "b"), "name": "Ann"}
    assert added(range(5), **facts).states() == clients(range(5), **facts).clients


def test_who_has_neither_address_nor_name_needs_no_column() -> None:
    told = added([7]).model_copy(update={"emails": None, "names": None})
    assert [type(one) for one in told.states()] == [ClientState]
    assert told.states() == clients([7]).clients


@pytest.mark.parametrize(
    "changes",
    [
        {"phones": ["79000000001"]},
        {"kind_of": [0]},
        {"kind_of": [0, 2]},
        {"kind_of": [0, -1]},
        {"emails": []},
        {"names": ["Ann"]},
    ],
)
def test_columns_that_do_not_match_are_no_message(changes: dict[str, Any]) -> None:
    whole = added([1, 2]).model_dump()
    assert ClientsAdded.model_validate(whole) == added([1, 2])
    with pytest.raises(ValidationError):
        ClientsAdded.model_validate(whole | changes)
