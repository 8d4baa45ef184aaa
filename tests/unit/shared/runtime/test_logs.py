"""What a traceback may say: where and what, never whose."""

import logging
from typing import Any

import pytest
from pydantic import BaseModel

from shared.runtime.logs import configure_logs, facts, unquoted

PHONE = "79161234567"


class RowError(Exception):
    """As the driver writes an error of the server."""

    def __str__(self) -> str:
        return (
            'duplicate key value violates unique constraint "client_phone"\n'
            f"DETAIL:  Failing row contains (1, {PHONE}, Dear Ann,\n\nlong time\nno see)."
        )


class WrappedError(Exception):
    def __str__(self) -> str:
        return f"{RowError()}\n[SQL: SELECT $1]\n(Background on this error)"


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Any:
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def of(error: BaseException) -> str:
        configure_logs("INFO")
        try:
            raise error
        except BaseException:
            logging.getLogger("here").exception("It failed", extra=facts("fail", client_id=7))
        return capsys.readouterr().out

    yield of
    root.handlers[:], root.level = before


def has_nothing_personal(line: str) -> bool:
    return not any(word in line for word in (PHONE, "Ann", "long time", "no see"))


def test_a_line_says_what_happened_and_to_which_ids(log: Any) -> None:
    line = log(ValueError("nothing personal"))
    assert "ERROR here: It failed action=fail client_id=7\nTraceback" in line
    assert "ValueError: nothing personal" in line


def test_the_row_an_error_is_about_is_left_out(log: Any) -> None:
    line = log(RowError())
    assert has_nothing_personal(line)
    assert 'constraint "client_phone"\nDETAIL: (left out)' in line


def test_what_stands_behind_the_row_is_kept(log: Any) -> None:
    line = log(WrappedError())
    assert has_nothing_personal(line)
    assert "DETAIL: (left out)\n[SQL: SELECT $1]" in line


def test_groups_and_causes_are_looked_through_too(log: Any) -> None:
    cause = WrappedError()
    cause.__cause__ = RowError()
    line = log(ExceptionGroup("several", [cause, RowError(), ValueError("kept")]))
    assert has_nothing_personal(line)
    assert line.count("(left out)") == 3
    assert "direct cause" in line
    assert "ValueError: kept" in line


def test_a_value_of_the_wrong_type_is_left_out() -> None:
    trace = f"DataError: invalid input for query argument $2: '{PHONE}' (expected an int)\nnext"
    assert unquoted(trace) == ("DataError: invalid input for query argument $2(left out)\nnext")


def test_an_input_that_is_not_valid_is_left_out(log: Any) -> None:
    class Body(BaseModel):
        phone: int

    try:
        Body.model_validate({"phone": PHONE + "x"})
    except ValueError as error:
        line = log(error)
    assert has_nothing_personal(line)
    assert "input_value=(left out), input_type=str" in line
