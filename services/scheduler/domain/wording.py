"""What a message says: the mailing's text, or what a template makes of it for one client."""

from dataclasses import dataclass

from services.scheduler.domain.revisions import (
    BAD_TEMPLATE,
    TEMPLATE_VARIABLE_MISSING,
    TEXT_TOO_LONG,
)
from shared.domain.templates import (
    BadTemplate,
    MissingVariable,
    Recipient,
    Template,
    TooLong,
    template,
)


@dataclass(frozen=True, slots=True)
class Unfit:
    """Nothing can be said to this client: why, as a word and as a sentence."""

    reason: str
    detail: str


def is_plain(text: str) -> bool:
    """Whether everybody gets the same, so that nothing need be known of anybody."""
    read = _read(text)
    return isinstance(read, Template) and read.is_plain


def wording(text: str, recipient: Recipient) -> str | Unfit:
    read = _read(text)
    if isinstance(read, Unfit):
        return read
    try:
        return read.render(recipient)
    except MissingVariable as missing:
        return Unfit(TEMPLATE_VARIABLE_MISSING, str(missing))
    except TooLong:
        return Unfit(TEXT_TOO_LONG, "With this client's values the text is too long.")


def own_text(
    mailing_text: str, kept: str | None, recipient: Recipient | None
) -> str | Unfit | None:
    """What only this client is told; None when it is what everybody is.

    ``kept``: what a call has said, or was about to say. ``recipient``: None with a plain text.
    """
    if kept is not None or recipient is None:
        return kept
    return wording(mailing_text, recipient)


def _read(text: str) -> Template | Unfit:
    try:
        return template(text)
    except BadTemplate as bad:
        return Unfit(BAD_TEMPLATE, str(bad))
