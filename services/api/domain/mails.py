"""Mail to users: what waits to be sent, and what it says.

A mail that waits names what it is about and holds no secret. Its token is made when it is sent, so
that whoever reads the database finds none; each try has a token of its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from services.api.domain.languages import Language

# For so long a new password may be set after it was asked for by mail.
RESET_GOOD_FOR = timedelta(hours=1)
# Whoever asks again at once waits for the mail that is on its way.
RESET_PAUSE = timedelta(minutes=5)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


class MailKind(StrEnum):
    RESET = "reset"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class NewMail:
    """``email``: as it was asked for; ``expires_at``: after that nobody needs it."""

    kind: MailKind
    email: str
    language: Language
    expires_at: datetime
    invitation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """``tries``: with the one that is being made."""

    id: int
    kind: MailKind
    email: str
    language: Language
    invitation_id: int | None
    tries: int


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    subject: str
    text: str


class NotMailed(Exception):
    """``for_good``: the recipient was refused, and will be again; ``why``: in our own words, for
    what a server says may quote the address."""

    def __init__(self, why: str, *, for_good: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good


def pause_after(tries: int) -> timedelta:
    """Until the next try, should this one fail."""
    doublings = min(tries - 1, 10)
    return min(_FIRST_PAUSE * (1 << doublings), _LONGEST_PAUSE)


def letter(mail: Mail, to: str, public_url: str, key: str) -> Letter:
    """The token stands behind a #, so that no server on the way is told it."""
    link = f"{public_url}/account#{mail.kind}={key}"
    subject, text = _WORDS[mail.kind, mail.language]
    return Letter(to, subject, text.format(link=link, email=to))


_WORDS = {
    (MailKind.RESET, Language.ENGLISH): (
        "Carillon: a new password",
        "Somebody, you we hope, asked for a new password for your Carillon account.\n\n"
        "To set one, open this page within an hour; it works once:\n\n{link}\n\n"
        "If it was not you, do nothing: your password stays as it is.\n",
    ),
    (MailKind.RESET, Language.RUSSIAN): (
        "Carillon: новый пароль",
        "Кто-то — надеемся, вы — запросил новый пароль к вашей учётной записи в Carillon.\n\n"
        "Чтобы задать его, откройте эту страницу в течение часа; она сработает один раз:\n\n"
        "{link}\n\nЕсли это были не вы, ничего не делайте: пароль останется прежним.\n",
    ),
    (MailKind.INVITATION, Language.ENGLISH): (
        "Carillon: you are invited",
        "You are invited to Carillon.\n\n"
        "To make yourself an account for {email}, open this page; it works once:\n\n{link}\n",
    ),
    (MailKind.INVITATION, Language.RUSSIAN): (
        "Carillon: приглашение",
        "Вас приглашают в Carillon.\n\n"
        "Чтобы создать учётную запись для {email}, откройте эту страницу; она сработает один раз:"
        "\n\n{link}\n",
    ),
}
