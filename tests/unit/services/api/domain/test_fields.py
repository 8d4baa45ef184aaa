import zoneinfo

import pytest

from services.api.domain import fields
from shared.domain.zones import canonical_zone


@pytest.mark.parametrize("value", ["", "9 1", "9-1", "1" * 17, "٩١٦", "916\n"])
def test_an_operator_code_is_a_short_word(value: str) -> None:
    with pytest.raises(ValueError, match="operator code"):
        fields.operator_code(value)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("europe/moscow", "Europe/Moscow"),
        ("UTC+3", "UTC+03:00"),
        (" Asia/Omsk ", "Asia/Omsk"),
    ],
)
def test_a_zone_is_stored_in_one_spelling(given: str, stored: str) -> None:
    assert fields.timezone(given) == stored


@pytest.mark.parametrize("value", ["", "Mars/Olympus", "x" * 1000])
def test_an_unknown_zone_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="zone"):
        fields.timezone(value)


def test_a_zone_that_came_before_is_what_it_would_be_anew() -> None:
    """What is kept of earlier rows says what the rules say."""
    for name in sorted(zoneinfo.available_timezones() - {"Factory"}):
        for spelling in (name, name.lower(), f" {name} "):
            before = fields.timezone(spelling)
            assert fields.timezone(spelling) == before == canonical_zone(spelling) == name


def test_tags_are_trimmed_and_each_kept_once_in_order() -> None:
    assert fields.tags([" b", "a", "b "]) == ("b", "a")


@pytest.mark.parametrize("value", ["", "  ", "a;b", "x" * 65, "a\x00b", "a\ud800"])
def test_a_bad_tag_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        fields.tags([value])


def test_tags_are_not_without_number() -> None:
    with pytest.raises(ValueError, match="at most"):
        fields.tags([str(number) for number in range(51)])


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("ann@example.com", "ann@example.com"),
        ("Ann.O'Neil+x@Sub.Example.COM", "Ann.O'Neil+x@sub.example.com"),
        ("ann@пример.рф", "ann@пример.рф"),
        ("a@b.local", "a@b.local"),
    ],
)
def test_an_email_keeps_its_local_part(given: str, stored: str) -> None:
    assert fields.email(given) == stored


@pytest.mark.parametrize(
    "value",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@localhost",
        "a..b@example.com",
        ".a@example.com",
        "ann@-x.com",
        "ann@x..com",
        "a b@example.com",
        "ann@example.com\n",
        "x" * 65 + "@example.com",
        "x@" + "a" * 64 + ".com",
        "ann@" + "a." * 130 + "com",
    ],
)
def test_a_bad_email_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        fields.email(value)


def test_attributes_are_scalars() -> None:
    given = {"city": "Omsk", "age": 5, "vip": True, "score": 1.5, "none": None}
    assert fields.attributes(given) == given


@pytest.mark.parametrize(
    "value",
    [
        {"a": []},
        {"a": {}},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": 2**53},
        {"a": "x" * 1001},
        {"a": "\x00"},
        {"": 1},
        {" a": 1},
        {"x" * 65: 1},
        {"a\ud800": 1},
        {f"k{n}": 1 for n in range(51)},
        {f"k{n}": "x" * 900 for n in range(5)},
    ],
)
def test_other_attributes_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        fields.attributes(value)
