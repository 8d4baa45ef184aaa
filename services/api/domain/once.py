"""Once: a write that bears a key of the caller's is done once, however often it is sent.

The key is taken first, by whoever is going to do it (a hold, for a while). The transaction of the
deed marks it as done, and is rolled back when somebody else holds it by then: so there is no deed
without its mark and no mark without its deed, whatever dies in between. The answer is put beside it
when there is one. Who comes again with the key finds

    an answer            it is given again
    no answer yet        409: still in progress, come again
    no mark, hold over   whoever held it died and did nothing: it is done now
    a mark, hold over    it was done, and the answer is lost: 409 says so, and nothing is done twice
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.api.domain.failures import Conflict, FieldFault, InProgress, Invalid

HEADER = "Idempotency-Key"
KEY = r"[A-Za-z0-9._~:+/=-]{1,128}"
# As a header may hold it: bare, or the string that the draft of the IETF makes of it.
KEY_HEADER = rf'^(?:{KEY}|"{KEY}")$'

KEPT_FOR = timedelta(hours=24)
# Longer than any request lasts that is not an upload, and those prolong it.
HELD_FOR = timedelta(seconds=60)
# A mailing with a long text takes 20 KB.
LARGEST_ANSWER = 1 << 18

_KEY_HEADER = re.compile(KEY_HEADER)
_OF_A_CLIENT = re.compile(r"/clients/\d+$")


@dataclass(frozen=True, slots=True)
class Asked:
    """Digests: of method, path and query; and of the body, None as long as it is not read."""

    head: bytes
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Hold:
    """That a request may do what its key stands for. ``holder``: no two are alike."""

    user_id: int
    key: bytes
    holder: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a key. ``answer``: None also when it is not kept, being too large, or a
    secret."""

    asked: Asked
    taken_at: datetime
    held_until: datetime
    is_done: bool
    answer: Answer | None


def key_of(header: str) -> str:
    """Raises Invalid."""
    if _KEY_HEADER.fullmatch(header) is None:
        raise _invalid("A key is 1 to 128 characters: letters, digits or any of ._~:+/=-.")
    return header.strip('"')


def judge(record: Record, asked: Asked, now: datetime) -> Answer | None:
    """What to do about a key that was used before: give this answer again, or, without one, take
    it over. Raises Invalid when it was used for something else; InProgress; Conflict."""
    if now - record.taken_at >= KEPT_FOR:
        return None
    if record.asked.head != asked.head or _differ(record.asked.body, asked.body):
        raise _invalid("This key was used for another request.")
    if record.answer is not None:
        return record.answer
    if now < record.held_until:
        raise in_progress()
    if record.is_done:
        reason = "This was done, and its answer is not there any more: look at what has become."
        raise Conflict(reason, (FieldFault(HEADER, reason),))
    return None


def in_progress() -> InProgress:
    return InProgress("The first request with this key is still in progress.", retry_after=1)


def about(path: str, location: str | None) -> str | None:
    """The client whom an answer tells of, by where they are: with them, what it says must go."""
    found = _OF_A_CLIENT.search(location or path)
    return None if found is None else found.group().lstrip("/")


def _differ(known: bytes | None, given: bytes | None) -> bool:
    return known is not None and given is not None and known != given


def _invalid(reason: str) -> Invalid:
    return Invalid(FieldFault(HEADER, reason))
