"""What a window may be, and that a refusal names the part at fault."""

from typing import Any

import pytest

from shared.domain.windows import WHOLE_DAY, BadWindow, Window


def test_reading() -> None:
    assert Window.parse("10:00", "20:30", None) == Window(600, 1230, None)
    assert Window.parse("22:00", "06:00", ["fri", "sat"]) == Window(1320, 360, frozenset({4, 5}))
    assert Window.parse("00:00", "24:00", ["mon", "mon"]) == Window(0, 1440, frozenset({0}))
    assert Window.parse("22:00", "00:00", None) == Window(1320, 0, None)


@pytest.mark.parametrize(
    ("from_", "to", "days", "field"),
    [
        ("24:00", "20:00", None, "from"),
        ("9:00", "20:00", None, "from"),
        ("10:60", "20:00", None, "from"),
        ("", "20:00", None, "from"),
        ("١٠:٠٠", "20:00", None, "from"),
        ("10:00\n", "20:00", None, "from"),
        ("10:00", "25:00", None, "to"),
        ("10:00", "24:01", None, "to"),
        ("10:00", "20:00:00", None, "to"),
        ("10:00", "10:00", None, "to"),
        ("00:00", "00:00", None, "to"),
        ("10:00", "20:00", [], "days"),
        ("10:00", "20:00", ["mon", "Monday"], "days"),
        ("10:00", "20:00", ["0"], "days"),
        ("10:00", "20:00", "mon", "days"),
    ],
)
def test_refusals_name_the_field_and_say_why(
    from_: str, to: str, days: list[str] | None, field: str
) -> None:
    with pytest.raises(BadWindow, match=r"^\S.* .*\.$") as refusal:
        Window.parse(from_, to, days)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"opens": -1, "closes": 600}, "from"),
        ({"opens": 1440, "closes": 600}, "from"),
        ({"opens": 600, "closes": 1441}, "to"),
        ({"opens": 600, "closes": -1}, "to"),
        ({"opens": 600, "closes": 600}, "to"),
        ({"opens": 0, "closes": 600, "days": frozenset()}, "days"),
        ({"opens": 0, "closes": 600, "days": frozenset({7})}, "days"),
    ],
)
def test_a_window_that_makes_no_sense_cannot_be_built(values: dict[str, Any], field: str) -> None:
    with pytest.raises(BadWindow) as refusal:
        Window(**values)
    assert refusal.value.field == field


def test_which_windows_never_close() -> None:
    assert WHOLE_DAY.never_closes
    assert Window(0, 1440, frozenset(range(7))).never_closes
    assert not Window(0, 1440, frozenset(range(6))).never_closes
    assert not Window(0, 1439).never_closes
    assert not Window(1, 0).never_closes
