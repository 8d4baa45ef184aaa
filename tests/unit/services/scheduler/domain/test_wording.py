"""What a message says, and to whom nothing can be said."""

import pytest

from services.scheduler.domain.wording import Unfit, is_plain, own_text
from shared.domain.templates import Recipient

OLGA = Recipient(name="Olga", attributes={"city": "Omsk"})


def test_a_plain_text_is_everybodys_and_needs_nobody() -> None:
    assert is_plain("The bells ring")
    assert own_text("The bells ring", None, None) is None


def test_a_template_says_to_each_their_own() -> None:
    text = "Hello {{ name }} of {{ attributes.city }}"
    assert not is_plain(text)
    assert own_text(text, None, OLGA) == "Hello Olga of Omsk"


@pytest.mark.parametrize("recipient", [None, OLGA])
def test_what_was_perhaps_said_is_said_again(recipient: Recipient | None) -> None:
    assert own_text("Good night {{ name }}", "Good evening", recipient) == "Good evening"


@pytest.mark.parametrize(
    ("text", "reason", "word"),
    [
        ("Hello {{ name }}", "template_variable_missing", "name"),
        ("{{ attributes.city }}", "template_variable_missing", "attributes.city"),
        ("{{ phone * 9 }}", "bad_template", "template"),
    ],
)
def test_nobody_is_sent_a_text_with_a_hole(text: str, reason: str, word: str) -> None:
    found = own_text(text, None, Recipient())
    assert isinstance(found, Unfit)
    assert found.reason == reason
    assert word in found.detail


def test_a_text_that_grew_too_long_is_not_sent() -> None:
    found = own_text("{{ name }}" * 60, None, Recipient(name="x" * 200))
    assert isinstance(found, Unfit)
    assert found.reason == "text_too_long"
