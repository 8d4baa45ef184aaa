import pytest

from services.api.adapters.seals import FernetSeals
from services.api.ports import SealBroken

NEW, OLD, OTHER = (f"a secret that is long enough {number}" for number in range(3))
PLAIN = b"whsec_something"


def test_what_is_sealed_says_nothing_and_is_read_again() -> None:
    seals = FernetSeals(NEW)
    sealed = seals.seal(PLAIN)
    assert PLAIN not in sealed
    assert seals.unseal(sealed) == PLAIN
    assert seals.seal(PLAIN) != sealed


def test_without_the_key_nobody_reads_it() -> None:
    sealed = FernetSeals(NEW).seal(PLAIN)
    for seals in (FernetSeals(OTHER), FernetSeals(OTHER, (OLD,))):
        with pytest.raises(SealBroken):
            seals.unseal(sealed)
        assert seals.renew(sealed) is None
    with pytest.raises(SealBroken):
        FernetSeals(NEW).unseal(sealed[:-8] + b"AAAAAAA=")


def test_a_key_is_changed() -> None:
    before, while_changing, after = FernetSeals(OLD), FernetSeals(NEW, (OLD,)), FernetSeals(NEW)
    sealed = before.seal(PLAIN)
    assert while_changing.unseal(sealed) == PLAIN
    renewed = while_changing.renew(sealed)
    assert renewed is not None
    assert after.unseal(renewed) == PLAIN
    assert while_changing.renew(renewed) is None
