"""Phone numbers: every usual spelling is understood, one is stored: 7 and ten digits.

The phone library reads the spellings. It takes 15 µs for a number, which for every row of an import
would be a third of all that a row costs, so a number that is spelled as we store it passes by
itself. What the two say is the same (``tests/unit/services/api/domain/test_phones.py``): as any ten
digits behind a 7 pass, so does any number that the library calls *possible*, which is about its
length. Whether a range has been given to an operator is for the provider to know: ranges are given
out every month, and a number refused for the library's age would be a client lost.

Of what the library takes, this is refused: letters (it reads them as the keys of a telephone), an
extension, digits that are not ASCII, and more or fewer than eleven of them. Without its country
``7916123456``, where one was left out, would be somebody else's number in Kazakhstan.
"""

import re

import phonenumbers

_HOME = "RU"  # whose 8 for calls within the country, and 8 10 for calls abroad, are meant
_COUNTRY = 7  # Russia's and Kazakhstan's
_NATIONAL = 10  # digits behind it
_DIGITS = 1 + _NATIONAL  # with the country, or with the 8 for calls within it

_PLAIN = re.compile(r"7[0-9]{10}")
# Digits, and what people put between them. The hyphens and the blanks of text processors too.
_WRITTEN = re.compile(r"[ (]*\+?[0-9 ()./\u00a0\u2010-\u2015\u2212-]+")
_NO_DIGIT = re.compile(r"[^0-9]")
_BARE_COUNTRY = re.compile(r"[ (]*7")

_RULE = "A phone number is 11 digits and begins with 7, such as 79161234567 or +7 (916) 123-45-67"


def is_plain(value: str) -> bool:
    """Whether it is spelled as it is stored."""
    return _PLAIN.fullmatch(value) is not None


def phone(value: str) -> str:
    """The number as it is stored. Raises ValueError."""
    return value if is_plain(value) else by_library(value)


def by_library(value: str) -> str:
    """The same for every spelling, the plain one included. Raises ValueError."""
    if _WRITTEN.fullmatch(value) is None:
        raise ValueError(f"{_RULE}; between the digits there is nothing but blanks and -()./.")
    number = _read(value)
    if number.country_code != _COUNTRY:
        raise ValueError(f"{_RULE}; this is a number of another country, +{number.country_code}.")
    if (digits := len(_NO_DIGIT.sub("", value))) != _DIGITS:
        raise ValueError(f"{_RULE}; this has {digits}.")
    national = phonenumbers.national_significant_number(number)
    # Possible is a number of seven digits too, within one town.
    if len(national) != _NATIONAL or not phonenumbers.is_possible_number(number):
        raise ValueError(f"{_RULE}; this begins otherwise.")
    return f"{_COUNTRY}{national}"


def masked(number: str) -> str:
    """As much of a phone as whoever looks at failures needs: whose network, and which end."""
    return f"{number[:4]}*****{number[-2:]}"


def operator_code_of(number: str) -> str:
    """The code in a phone number: its digits 2 to 4."""
    return number[1:4]


def _read(value: str) -> phonenumbers.PhoneNumber:
    # A 7 in front is the country's even without its +, and never the first digit of a number that
    # is written without its country: there is an 8 in front of those.
    written = f"+{value}" if _BARE_COUNTRY.match(value) else value
    try:
        return phonenumbers.parse(written, _HOME)
    except phonenumbers.NumberParseException:
        raise ValueError(f"{_RULE}; this is none.") from None
