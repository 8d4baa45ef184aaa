"""Messages of which some call may have been accepted.

Nobody may book one as surely not sent: what ends it here ends it as ``unknown``, for a person to
look into. And another call for it says word for word what that one said: the text is known when
the senders gave the message back with it, else its hash when a person wants it sent again.
"""

from hashlib import sha256

PERHAPS_ACCEPTED = (
    "An earlier call may have been accepted: its answer was lost. It is not repeated."
)
TEXT_CHANGED = "text_changed"
OTHER_WORDS = (
    "The text is not the one that may have been accepted already, so it was not sent this time."
)


def says_the_same(text: str, sha256_of_call: str) -> bool:
    """``sha256_of_call``: in hexadecimal digits, as the outcomes of calls tell it."""
    return sha256(text.encode()).hexdigest() == sha256_of_call
