"""The languages in which we write to people."""

from enum import StrEnum


class Language(StrEnum):
    """The first is for whoever names none of them."""

    ENGLISH = "en"
    RUSSIAN = "ru"


def preferred(accept_language: str) -> Language:
    """By a header Accept-Language (RFC 9110). What cannot be understood of it is passed over."""
    best, weight = Language.ENGLISH, 0.0
    for entry in accept_language.split(","):
        tag, _, parameters = entry.partition(";")
        language = _known(tag)
        if language is not None and _weight(parameters) > weight:
            best, weight = language, _weight(parameters)
    return best


def _known(tag: str) -> Language | None:
    """``ru-RU`` is Russian too."""
    word = tag.strip().split("-")[0].lower()
    return Language.ENGLISH if word == "*" else next((one for one in Language if one == word), None)


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if not parameters.strip():
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
