"""STOP by whole word, and by nothing that only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.stopping import LONGEST_TEXT, Wish, asks_to_start, asks_to_stop, wish_of


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "stop", "Stop.", " stop! ", "STOPALL", "STOP ALL", "Unsubscribe", "END", "quit"),
        *("CANCEL", "OPTOUT", "revoke", "«СТОП»", "стоп", "Стоп!!!", "СТОП СМС", "стоп стоп"),
        *("ОТПИСКА", "отписаться", "Отпишите меня", "отписатся пожалуйста", "ВІДПИСАТИСЯ"),
        *("STOPP", "stopp bitte", "ABMELDEN", "Bitte abmelden", "ARRET", "ARRÊT", "arrêt svp"),
        *("BAJA", "alto", "PARAR", "Por favor parar", "ferma", "iptal"),
        *("Please stop", "stop please", "Stop sending me texts", "STOP texting me, thanks"),
        *("Hi, please stop this spam", "стоп, не пишите мне больше", "Прекратите рассылку"),
        *("How do I unsubscribe?", "хочу отписаться от рассылки", "I cannot unsubscribe"),
        *(
            "не могу отписаться",
            "Ich möchte mich abmelden",
            "STOP UNSUBSCRIBE",
            "stop start",
            "start stop",
        ),
        *(
            "ＳＴＯＰ",
            "s\u200btop",
            "STO\u00adP",
            "СТО\u0301П",
            "\u202astop\u202c",
            "STOP\n\n",
            "#stop",
        ),
        *("CTOП", "CТОП", "cтoп", "cnjg"),  # Latin letters in a Cyrillic word; the Latin keyboard
    ],
)
def test_a_wish_to_stop(text: str) -> None:
    assert asks_to_stop(text)
    assert not asks_to_start(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "?", "1", "Yes", "Спасибо", "ok"),
        *("stopped", "nonstop", "non-stop flights?", "stopover", "стопка", "автостоп", "ended"),
        *("I wait at the bus stop", "Stop by tomorrow", "don't stop", "Do not stop", "не стоп"),
        *("где стоп-кран?", "the end of the month", "Can I cancel my order of Friday?"),
        *("quit smoking club", "Hotel Alto?", "baja california", "в конце стоп слово было"),
        *("I do not want to unsubscribe", "не отписывайте", "не хочу отписаться", "resubscribe"),
        *("unsubscribed", "подписка", "START", "s t o p"),
    ],
)
def test_nobody_is_taken_at_a_word_that_means_something_else(text: str) -> None:
    assert not asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "START",
        "Start!",
        "unstop",
        "СТАРТ",
        "старт пожалуйста",
        "Please start",
        "CТАРТ",
    ],
)
def test_a_wish_to_begin_again(text: str) -> None:
    assert wish_of(text) is Wish.START


@pytest.mark.parametrize(
    "text", ["when does it start?", "restart", "стартап", "start the car", "STOP"]
)
def test_no_wish_to_begin_again(text: str) -> None:
    assert not asks_to_start(text)


@given(st.text(max_size=200))
def test_any_text_is_judged_and_case_makes_no_difference(text: str) -> None:
    assert asks_to_stop(text) in (True, False)
    assert not asks_to_stop(f"x{text}x") or asks_to_stop(text) or " " in text or not text.isalnum()


def test_what_no_message_is_as_long_as_is_not_read() -> None:
    assert not asks_to_stop("a " * LONGEST_TEXT + "unsubscribe")
