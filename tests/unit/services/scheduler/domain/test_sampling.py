from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.sampling import spread

NUMBERS = st.dictionaries(st.text(max_size=3), st.integers(0, 10_000), max_size=30)


def test_everybody_when_there_are_few() -> None:
    assert spread({"A": 3, "B": 0, "C": 7}, 10) == {"A": 3, "C": 7}


def test_seats_by_size() -> None:
    assert spread({"A": 600, "B": 300, "C": 100}, 10) == {"A": 6, "B": 3, "C": 1}


def test_what_fractions_leave_over_goes_to_the_greatest() -> None:
    assert spread({"A": 500, "B": 480, "C": 20}, 10) == {"A": 5, "B": 5}


@given(NUMBERS, st.integers(1, 200))
def test_never_more_than_there_are_nor_than_asked_for(clients: dict[str, int], most: int) -> None:
    seats = spread(clients, most)
    assert sum(seats.values()) == min(most, sum(clients.values()))
    assert all(0 < number <= clients[zone] for zone, number in seats.items())
