import pytest

from services.api.entrypoints.http.sparing import MINIMAL, REPRESENTATION, preference


@pytest.mark.parametrize(
    ("header", "wish"),
    [
        ("return=minimal", MINIMAL),
        ("Return=minimal", MINIMAL),
        ('return = "minimal"', MINIMAL),
        ("respond-async, return=minimal; foo=1", MINIMAL),
        ("return=representation", REPRESENTATION),
        ("return=minimal, return=representation", MINIMAL),
        ("return=everything", None),
        ("wait=10", None),
        ("minimal", None),
        ("", None),
    ],
)
def test_what_is_preferred(header: str, wish: str | None) -> None:
    assert preference(header) == wish
