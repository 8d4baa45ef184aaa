"""What a person decides about messages that ended ``failed`` or ``unknown`` at the senders.

A message that is sent again goes the way of those that came back, under its next dispatch. It may
have a deadline of its own in place of its mailing's: then the mailing is, for this message, one
that ends at that time.
"""

from datetime import datetime
from typing import Literal

from shared.contracts.mailings import MailingChanged

FOUND_OUT: dict[Literal["sent", "failed"], str] = {
    "sent": "A person has found out that it was sent.",
    "failed": "A person has found out that it was not sent.",
}


def within(mailing: MailingChanged, ends_at: datetime | None) -> MailingChanged:
    """The mailing as it is for messages with this deadline of their own.

    One that is not written as the mailing's times are, because its timing has been changed since,
    names no instant any more: the mailing's own end is the deadline again.
    """
    spec = mailing.spec
    if ends_at is None or (ends_at.tzinfo is None) != (spec.ends_at.tzinfo is None):
        return mailing
    return mailing.model_copy(update={"spec": spec.model_copy(update={"ends_at": ends_at})})
