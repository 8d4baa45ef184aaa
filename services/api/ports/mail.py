"""Mail to users."""

from datetime import datetime
from typing import Protocol

from services.api.domain.mails import Letter, Mail, NewMail


class Postman(Protocol):
    async def send(self, letter: Letter) -> None:
        """Raises NotMailed."""
        ...


class Mails(Protocol):
    """Mail that waits to be sent."""

    async def put(self, new: NewMail, now: datetime) -> None: ...

    async def take(self, now: datetime) -> Mail | None:
        """One that is due, and not to others before the pause after a failure is over; None when
        nothing is due."""
        ...

    async def remove(self, mail_id: int) -> None: ...

    async def forget_what_is_over(self, now: datetime) -> None: ...


class Resets(Protocol):
    """Digests of the tokens with which a new password may be set."""

    async def add(self, digest: bytes, user_id: int, now: datetime, until: datetime) -> None: ...

    async def user_of(self, digest: bytes, now: datetime) -> int | None:
        """None when there is no such token, or it is over."""
        ...

    async def is_recent(self, user_id: int, since: datetime) -> bool:
        """Whether the user was given one since then."""
        ...

    async def remove_all(self, user_id: int) -> None: ...

    async def forget_what_is_over(self, now: datetime) -> None: ...
