"""What can go wrong.

CarillonError
├── NotReachable        nobody answered
├── Unreadable          the answer is not what the API says
└── Refused             the server said no, and why
    ├── Unauthorized    401
    ├── Forbidden       403
    ├── NotFound        404
    ├── Conflict        409
    ├── Changed         412
    ├── TooLarge        413
    ├── Invalid         422
    ├── TooManyTries    429
    └── Unavailable     503
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field that is wrong, dotted, and why."""

    field: str
    reason: str


class CarillonError(Exception):
    """``status`` is None where there was no answer; ``detail`` is a sentence for people."""

    def __init__(
        self, detail: str, *, status: int | None = None, errors: Sequence[FieldError] = ()
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.errors = tuple(errors)

    def __str__(self) -> str:
        told = (f"{error.field}: {error.reason}" for error in self.errors)
        return "\n".join([self.detail, *told])


class NotReachable(CarillonError):
    """Nobody answered, or the answer was lost. ``sent``: the request may have arrived."""

    def __init__(self, detail: str, *, sent: bool) -> None:
        super().__init__(detail)
        self.sent = sent


class Unreadable(CarillonError):
    """There is an answer, but not one of this API: a wrong address, or a proxy's own page."""


class Refused(CarillonError):
    """The server's problem document. ``retry_after``: seconds, where it named them; ``request_id``:
    by which its logs and its audit know the request."""

    status: int

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        errors: Sequence[FieldError] = (),
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail, status=status, errors=errors)
        self.retry_after = retry_after
        self.request_id = request_id


class Unauthorized(Refused):
    """There is no token, or it is good no more."""


class Forbidden(Refused):
    """The token is good, and its owner may not do this."""


class NotFound(Refused):
    """There is no such thing, or not for whoever asks."""


class Conflict(Refused):
    """It does not go with the state of things; or it is there already."""


class Changed(Refused):
    """Somebody else has changed it since it was read."""


class TooLarge(Refused):
    """It is longer than the server takes."""


class Invalid(Refused):
    """``errors`` names each field that is wrong."""


class TooManyTries(Refused):
    """``retry_after`` says when the next try is looked at."""


class Unavailable(Refused):
    """Something that the answer needs is away for a while."""


_BY_STATUS: dict[int, type[Refused]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: Changed,
    413: TooLarge,
    422: Invalid,
    429: TooManyTries,
    503: Unavailable,
}


def kind_of(status: int) -> type[Refused]:
    return _BY_STATUS.get(status, Refused)
