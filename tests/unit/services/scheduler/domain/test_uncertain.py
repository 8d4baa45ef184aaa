"""Another call says word for word what an earlier one may have said."""

from hashlib import sha256

from services.scheduler.domain.uncertain import says_the_same


def test_the_same_words() -> None:
    assert says_the_same("Привет, Ольга!", sha256("Привет, Ольга!".encode()).hexdigest())


def test_other_words() -> None:
    assert not says_the_same("Привет, Ольга", sha256("Привет, Ольга!".encode()).hexdigest())
    assert not says_the_same("", "")
