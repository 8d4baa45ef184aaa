"""Spellings of phone numbers, and that plain ones need no library."""

from collections.abc import Callable

import phonenumbers
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from services.api.domain.phones import by_library, is_plain, operator_code_of, phone

ten_digits = st.text("0123456789", min_size=10, max_size=10)
blanks = st.sampled_from(["", " ", "-", "\u00a0", "\u2011", ".", " - "])


def answer(rule: Callable[[str], str], value: str) -> str:
    """What is stored, or the sentence that refuses."""
    try:
        return rule(value)
    except ValueError as refusal:
        return str(refusal)


def bare(value: str) -> str:
    """What the phone library by itself says, in the form that we store."""
    number = phonenumbers.parse(value, "RU")
    assert phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]


@given(ten_digits)
@example("0000000000")
@example("8000000000")
@example("8101234567")
@example("7012345678")
def test_a_plain_number_is_what_the_library_makes_of_it(national: str) -> None:
    number = f"7{national}"
    assert is_plain(number)
    assert phone(number) == number == by_library(number) == bare(f"+{number}")


@given(ten_digits, st.sampled_from(["+7", "7", "8", " 7", "(+7)", "+7 ", "7-"]), st.data())
@example("9161234567", "8", None)
def test_every_spelling_is_stored_as_the_plain_one(
    national: str, country: str, data: st.DataObject | None
) -> None:
    assume(country != "8" or not national.startswith("10"))  # 8 10 calls abroad
    first, second, third = ("", "", "") if data is None else (data.draw(blanks) for _ in range(3))
    code, rest = national[:3], national[3:]
    for one in (f"{first}{code}{second}", f"{first}({code}){second}"):
        written = f"{country}{one}{rest[:3]}{third}{rest[3:]}"
        assert phone(written) == f"7{national}" == phone(phone(written))


@given(ten_digits, st.data())
def test_a_near_miss_is_what_the_library_path_says(national: str, data: st.DataObject) -> None:
    """One place of a plain number is lost, added or exchanged for what may look like a digit."""
    number = f"7{national}"
    place = data.draw(st.integers(0, len(number)))
    other = data.draw(
        st.sampled_from([*"0789+- ()aO;x", "\0", "\n", "٧", "\uff17", "²", "\ud800", ""])
    )
    near = number[:place] + other + number[place + data.draw(st.integers(0, 1)) :]
    said = answer(phone, near)
    assert said == answer(by_library, near)
    assert is_plain(said) or "11 digits" in said
    if is_plain(said):
        assert said == bare(f"+{near}" if near.lstrip(" (").startswith("7") else near)


@given(st.text(max_size=30) | st.text("0123456789+-() ", max_size=20))
def test_whatever_comes_is_stored_in_the_plain_form_or_refused(value: str) -> None:
    said = answer(phone, value)
    assert said == answer(by_library, value)
    assert is_plain(said) or "11 digits" in said


@pytest.mark.parametrize(
    "value",
    [
        "+79161234567",
        "+7 (916) 123-45-67",
        "8 916 123-45-67",
        "8(916)1234567",
        "7-916-123-45-67",
        " 7 916 123 45 67 ",
        "+7 916 123–45–67",
        "+7.916.123.45.67",
        "(8 916) 123-45-67",
    ],
)
def test_a_number_as_people_write_it(value: str) -> None:
    assert phone(value) == "79161234567"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "nothing but"),
        ("7916123456", "this has 10"),
        ("9161234567", "this has 10"),
        ("791612345678", "this has 12"),
        ("789161234567", "this has 12"),
        ("+7 8 916 123 45 67", "this has 12"),
        ("712345678901234", "this has 15"),
        ("99161234567", "this begins otherwise"),
        ("00000000000", "this begins otherwise"),
        ("81072345678", "this begins otherwise"),  # 8 10 7 calls +7, where this is too short
        ("7" * 1000, "this is none"),
        ("7916123456a", "nothing but"),
        ("7916OOOOOOO", "nothing but"),
        ("+7 916 123 45 67 ext. 5", "nothing but"),
        ("tel:+79161234567", "nothing but"),
        ("٧9161234567", "nothing but"),
        ("7٩161234567", "nothing but"),
        ("\uff179161234567", "nothing but"),
        ("79161234567\n", "nothing but"),
        ("79161234567\0", "nothing but"),
        ("8+79161234567", "nothing but"),
        ("79161234567/79161234568", "this is none"),
        ("+1 650 253 00 00", r"another country, \+1"),
        ("+380 50 123 45 67", r"another country, \+380"),
        ("8 10 380 50 123 45 67", r"another country, \+380"),
        ("+999 123 456 78 90", "this is none"),
    ],
)
def test_anything_else_is_refused_with_the_reason(value: str, why: str) -> None:
    with pytest.raises(ValueError, match=rf"11 digits.*{why}.*\.$"):
        phone(value)


def test_a_number_tells_its_operator_code() -> None:
    assert operator_code_of("79161234567") == "916"
