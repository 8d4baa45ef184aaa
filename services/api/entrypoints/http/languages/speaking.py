"""In which language problems are told, and how a sentence of ours comes into it.

The domain says what it has to say in English, values and all. A catalogue has each sentence with a
place for each value (``{}``), and what it is in another language: ``{0}`` is the first value, and
``{0:тег|тега|тегов}`` the form of a word that goes with it, ``{0:~}`` a value that is a word of
ours itself and is said in that language too. A sentence is known again by its words; what stands in
its places is taken out and put in. So no rule of ours has to know that there are languages.
"""

import re
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from services.api.entrypoints.http.languages.russian import ANSWERS, RULES, TITLES, WORDS

ENGLISH, RUSSIAN = "en", "ru"
# Of the request that is being answered.
LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)

_OURS = "~"
_LANGUAGES = (ENGLISH, RUSSIAN)
_RANGE = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?"
)
_PLACE = re.compile(r"\{(\d+)(?::([^}]*))?\}")


class _Sentence(NamedTuple):
    pattern: re.Pattern[str]
    said: str
    letters: int


def preferred(accept_language: str) -> str:
    """The one of ours that is liked best (RFC 9110, 12.5.4); English when none is, or all are."""
    best, most = ENGLISH, 0.0
    for part in accept_language.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            continue
        name = ENGLISH if found[1] == "*" else found[1].lower()
        weight = float(found[2] or 1)
        if name in _LANGUAGES and weight > most:
            best, most = name, weight
    return best


def say(sentence: str, language: str) -> str:
    """What nobody has translated is told as it is."""
    return sentence if language == ENGLISH else _in_russian(sentence)


def title(status: int, language: str) -> str:
    phrase = HTTPStatus(status).phrase
    return phrase if language == ENGLISH else TITLES.get(status, phrase)


@lru_cache(maxsize=1024)
def _in_russian(sentence: str) -> str:
    if sentence in _EXACT:
        return _EXACT[sentence]
    for one in _WITH_PLACES:
        found = one.pattern.fullmatch(sentence)
        if found is not None:
            return _filled(one.said, found.groups())
    return sentence


def _filled(said: str, values: Sequence[str]) -> str:
    def put(place: re.Match[str]) -> str:
        value, how = values[int(place[1])], place[2]
        if how == _OURS:
            return _in_russian(value)
        return value if how is None else _form(value, how.split("|"))

    return _PLACE.sub(put, said)


def _form(value: str, forms: list[str]) -> str:
    """One, a few, or many of them, as Russian counts."""
    if not value.isdecimal():
        return forms[2]
    last, tens = int(value) % 10, int(value) // 10 % 10
    if tens == 1 or last == 0 or last > 4:
        return forms[2]
    return forms[0] if last == 1 else forms[1]


def _sentence(english: str, said: str) -> _Sentence:
    parts = english.split("{}")
    pattern = re.compile("(.+?)".join(map(re.escape, parts)), re.DOTALL)
    return _Sentence(pattern, said, sum(map(len, parts)))


_CATALOGUE: Mapping[str, str] = {**RULES, **ANSWERS, **WORDS}
_EXACT = {english: said for english, said in _CATALOGUE.items() if "{}" not in english}
# What says most by itself is looked for first: it cannot be taken for what says little.
_WITH_PLACES = sorted(
    (_sentence(english, said) for english, said in _CATALOGUE.items() if "{}" in english),
    key=lambda one: -one.letters,
)
