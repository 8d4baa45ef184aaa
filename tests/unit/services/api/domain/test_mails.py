from datetime import timedelta

import pytest

from services.api.domain.languages import Language, preferred
from services.api.domain.mails import Mail, MailKind, letter, pause_after


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", Language.ENGLISH),
        ("ru", Language.RUSSIAN),
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Language.RUSSIAN),
        ("en-GB, ru;q=0.9", Language.ENGLISH),
        ("de, RU;q=0.5", Language.RUSSIAN),
        ("de", Language.ENGLISH),
        ("*", Language.ENGLISH),
        ("ru;q=0", Language.ENGLISH),
        ("ru;q=much, en;q=0.1", Language.ENGLISH),
        ("ru;q=nan", Language.ENGLISH),
        ("ru;q=9, en;q=0.1", Language.ENGLISH),
        (";;,=,q=", Language.ENGLISH),
    ],
)
def test_the_language_that_somebody_prefers(header: str, language: Language) -> None:
    assert preferred(header) is language


@pytest.mark.parametrize("kind", MailKind)
@pytest.mark.parametrize(("language", "word"), [("en", "page"), ("ru", "страницу")])
def test_a_letter_leads_to_the_page_with_its_token(
    kind: MailKind, language: str, word: str
) -> None:
    mail = Mail(1, kind, "ANN@example.com", Language(language), None, 1)
    written = letter(mail, "ann@example.com", "https://x.example/carillon", "the-token")
    assert written.to == "ann@example.com"
    assert f"https://x.example/carillon/account#{kind}=the-token\n" in written.text
    assert word in written.text
    assert "{" not in written.text + written.subject
    assert written.subject.startswith("Carillon: ")


def test_the_longer_a_mail_waits_the_longer_until_the_next_try() -> None:
    pauses = [pause_after(tries) / timedelta(minutes=1) for tries in (1, 2, 3, 4, 5, 6, 7, 500)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
