"""Why a request cannot be done.

Failure
├── Invalid            something in the request is not as it must be
├── Unauthorized       nobody is known to be asking
├── Forbidden          it is known who is asking, and they may not
├── LogInNeeded        an API token is not enough
├── NotOpen            nobody registers here, or not so
├── NotFound           no such thing
├── Conflict           a duplicate, or the wrong state for this
├── InProgress         the same is being done already
├── Outdated           somebody else has changed it since it was looked at
├── TooLarge           more than we take
├── TooManyTries       somebody has to wait before they try again
├── UnsupportedFormat  a kind of content we do not read
└── Unavailable        another service does not answer; later it may
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldFault:
    """``field`` is dotted, as the caller wrote it: ``window.from``, ``filter.tags.0``."""

    field: str
    reason: str


class Failure(Exception):
    """The sentence a person reads, and the fields it is about."""

    def __init__(self, detail: str, errors: tuple[FieldFault, ...] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors


class Invalid(Failure):
    def __init__(self, *errors: FieldFault) -> None:
        super().__init__("The request is not valid; see errors.", errors)


class Unauthorized(Failure):
    """``challenge`` goes into WWW-Authenticate, behind the scheme."""

    def __init__(self, detail: str, *, field: str = "Authorization", challenge: str = "") -> None:
        super().__init__(detail, (FieldFault(field, detail),))
        self.challenge = challenge


class Forbidden(Failure):
    """``right``: the one that is missing."""

    def __init__(self, right: str) -> None:
        super().__init__(f"You need the right {right} for this.")
        self.right = right


class LogInNeeded(Failure):
    """An API token does not do for this: log in."""

    def __init__(self) -> None:
        super().__init__("An API token does not do for this: log in.")


class NotOpen(Failure):
    pass


class NotFound(Failure):
    def __init__(self, what: str, key: int | str) -> None:
        super().__init__(f"There is no {what} {key}.")


class Conflict(Failure):
    pass


class InProgress(Failure):
    """``retry_after``: seconds until there may be an answer."""

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, (FieldFault("Idempotency-Key", detail),))
        self.retry_after = retry_after


class Outdated(Failure):
    """``tag``: of what is there now; whoever asked expected another."""

    def __init__(self, tag: str, revision: int) -> None:
        reason = f"What is there now is {tag}, revision {revision}."
        super().__init__(
            "It has been changed since you looked at it; look again.",
            (FieldFault("If-Match", reason),),
        )
        self.tag = tag


class TooLarge(Failure):
    pass


class TooManyTries(Failure):
    """``retry_after``: seconds until the next try may be made; ``door`` is for our own eyes."""

    def __init__(self, detail: str, *, retry_after: int, door: str) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
        self.door = door


class UnsupportedFormat(Failure):
    pass


class Unavailable(Failure):
    """``retry_after``: seconds after which another try makes sense."""

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
