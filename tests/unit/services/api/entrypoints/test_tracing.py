import pytest

from services.api.entrypoints.http.tracing import request_id_of


@pytest.mark.parametrize(
    "given", ["a", "0b7e3c1e-5f6a-4e0f-9a55-d1f3a7c2b964", "x" * 128, "a.b:c/d"]
)
def test_a_well_formed_id_is_taken(given: str) -> None:
    assert request_id_of(given) == given


@pytest.mark.parametrize("given", [None, "", "x" * 129, "a b", "a\nb", "é", "a=1\tb", '"a"'])
def test_in_place_of_another_one_is_made(given: str | None) -> None:
    made = request_id_of(given)
    assert made != given
    assert made != request_id_of(given)
    assert request_id_of(made) == made
