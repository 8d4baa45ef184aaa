"""Why a call did not succeed.

    Failure
    ├── ConnectionFailed   surely not accepted     the next attempt, one tier later
    ├── OutcomeUnknown     perhaps accepted        the same, where the provider knows ids again
    ├── ServerError        surely not accepted     the next attempt, one tier later
    ├── Throttled          too fast                waits as told, the whole channel with it
    ├── Unauthorized       our fault               the channel stops, nothing is used up
    └── Rejected           never will be           failed, no retry

Each class's docstring is the sentence a person reads beside the message.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Failure:
    """The call did not succeed."""

    reason: ClassVar[str]
    retryable: ClassVar[bool] = True
    uses_attempt: ClassVar[bool] = True
    perhaps_accepted: ClassVar[bool] = False
    # A run of these says that the provider is down, not that a message is wrong.
    trips_breaker: ClassVar[bool] = False

    http_status: int | None = None
    # A fact to add to the sentence: never a text, a number or anything the provider wrote.
    fact: str | None = None

    @property
    def sentence(self) -> str:
        said = (self.__doc__ or "").split("\n", 1)[0]
        facts = [f"HTTP {self.http_status}"] if self.http_status is not None else []
        facts += [self.fact] if self.fact is not None else []
        return f"{said} ({', '.join(facts)})" if facts else said


@dataclass(frozen=True, slots=True)
class ConnectionFailed(Failure):
    """No connection to the provider could be made."""

    reason: ClassVar[str] = "connection_failed"
    trips_breaker: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class OutcomeUnknown(Failure):
    """The provider may have accepted the message: its answer was lost or made no sense."""

    reason: ClassVar[str] = "outcome_unknown"
    perhaps_accepted: ClassVar[bool] = True
    trips_breaker: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ServerError(Failure):
    """The provider had a fault of its own."""

    reason: ClassVar[str] = "server_error"
    trips_breaker: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Throttled(Failure):
    """The provider asked us to slow down."""

    reason: ClassVar[str] = "throttled"
    uses_attempt: ClassVar[bool] = False

    retry_after: float | None = None  # seconds, when the provider said so


@dataclass(frozen=True, slots=True)
class Unauthorized(Failure):
    """The provider did not accept our token."""

    reason: ClassVar[str] = "unauthorized"
    uses_attempt: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Rejected(Failure):
    """The provider refused the message."""

    reason: ClassVar[str] = "rejected"
    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message."""

    http_status: int = 200


Result = Accepted | Failure
