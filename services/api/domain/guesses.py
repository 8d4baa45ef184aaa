"""The time zone that a number may be guessed to be of.

The phone library knows in which zones the numbers behind each prefix are used. Where that is one,
it is taken: so it is with nearly all numbers of a place. To pick one of many would be no guess but
a lottery, in which somebody is called at night, and is refused: numbers of mobile networks are used
anywhere between Kaliningrad and Kamchatka.
"""

from collections.abc import Mapping

import phonenumbers

# Where the library names a neighbour whose clocks go otherwise: Kaliningrad knows no summer time,
# Saratov is an hour ahead of Moscow.
_KNOWN_BETTER: Mapping[str, str] = {"7401": "Europe/Kaliningrad", "7845": "Europe/Saratov"}
_PREFIX = 4  # the country, and the code of a region


def zone_of(phone: str) -> str:
    """Of a number as it is stored. Raises ValueError."""
    from phonenumbers import timezone  # half a megabyte, for whoever guesses

    known = _KNOWN_BETTER.get(phone[:_PREFIX])
    if known is not None:
        return known
    zones = timezone.time_zones_for_number(phonenumbers.parse(f"+{phone}"))
    if len(zones) != 1 or zones[0] == timezone.UNKNOWN_TIMEZONE:
        raise ValueError("The number does not tell the time zone: it may be used in several.")
    return zones[0]
