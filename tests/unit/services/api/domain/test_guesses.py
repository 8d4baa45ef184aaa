"""Zones guessed from numbers: where there is one, and where the clocks there go as they do here."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.api.domain.guesses import zone_of

# Codes of places, and by how many hours they are ahead of UTC, all the year round.
PLACES = {
    "495": 3,  # Moscow
    "812": 3,  # Saint Petersburg
    "401": 2,  # Kaliningrad
    "846": 4,  # Samara
    "845": 4,  # Saratov
    "844": 3,  # Volgograd
    "851": 4,  # Astrakhan
    "341": 4,  # Izhevsk
    "343": 5,  # Yekaterinburg
    "381": 6,  # Omsk
    "383": 7,  # Novosibirsk
    "382": 7,  # Tomsk
    "385": 7,  # Barnaul
    "391": 7,  # Krasnoyarsk
    "395": 8,  # Irkutsk
    "302": 9,  # Chita
    "411": 9,  # Yakutsk
    "423": 10,  # Vladivostok
    "424": 11,  # Sakhalin
    "413": 11,  # Magadan
    "415": 12,  # Kamchatka
    "727": 5,  # Almaty
    "717": 5,  # Astana
}


@pytest.mark.parametrize(("code", "hours"), PLACES.items())
@pytest.mark.parametrize("month", [1, 7])
def test_the_number_of_a_place(code: str, hours: int, month: int) -> None:
    at = datetime(2026, month, 15, tzinfo=UTC).astimezone(ZoneInfo(zone_of(f"7{code}2123456")))
    offset = at.utcoffset()
    assert offset is not None
    assert offset.total_seconds() == hours * 3600


@pytest.mark.parametrize(
    "phone",
    ["79161234567", "79999999999", "77011234567", "78001234567", "79020000000", "70000000000"],
)
def test_a_number_that_is_used_anywhere_tells_nothing(phone: str) -> None:
    with pytest.raises(ValueError, match="does not tell"):
        zone_of(phone)
