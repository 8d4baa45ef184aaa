"""The broker, and the other services."""

from collections.abc import Sequence
from typing import Any, Protocol

from services.api.domain.choices import Many
from services.api.domain.dead_letters import Dead
from services.api.domain.explain_facts import PlanStanding
from services.api.domain.outbox import OutboxRow
from shared.contracts.mailings import MailingSpec


class Statistics(Protocol):
    """The stats service. Each raises Unavailable when it does not answer as it should."""

    async def of_mailing(self, mailing_id: int) -> dict[str, Any]: ...

    async def books(self, mailing_id: int) -> bytes:
        """The same as it came, an object of JSON that is not empty: it has a row for every zone,
        and whoever only passes it on need not read them."""
        ...

    async def messages(
        self, mailing_id: int, status: str | None, limit: int, cursor: str | None
    ) -> dict[str, Any]: ...

    async def of_mailings(self, mailing_ids: Sequence[int]) -> dict[str, Any]: ...

    async def message(self, message_id: int) -> dict[str, Any] | None:
        """With all its attempts; None when nothing was heard of it."""
        ...


class DeadLetters(Protocol):
    """What stats knows of messages that ended failed or unknown. Each raises Unavailable when it
    does not answer as it should."""

    async def groups(
        self,
        mailing_id: int | None,
        status: str | None,
        reason: str | None,
        limit: int,
        cursor: str | None,
    ) -> dict[str, Any]:
        """A page of groups, as stats tells of them. Raises Invalid for a foreign cursor."""
        ...

    async def these(self, ids: Sequence[int]) -> list[Dead]:
        """Those of them that are failed or unknown now."""
        ...

    async def chosen(self, chosen: Many, after: int, limit: int) -> tuple[list[Dead], int | None]:
        """By id, behind ``after``; and behind which the next ones come, if any do."""
        ...


class Plans(Protocol):
    """The scheduler. Each raises Unavailable when it does not answer as it should."""

    async def preview(
        self, spec: MailingSpec, client_id: int | None, position: int
    ) -> dict[str, Any]:
        """``position``: of the last event about clients; the answer says whether it counts it.
        Raises Invalid, naming what it finds fault with."""
        ...

    async def of_mailing(
        self, mailing_id: int, client_id: int | None, position: int, revision: int
    ) -> dict[str, Any] | None:
        """``revision``: of the mailing as we know it; the answer says whether it is of it. None
        when it has not heard of the mailing. Raises Invalid."""
        ...

    async def standing(self, mailing_id: int, client_id: int) -> PlanStanding | None:
        """How the plan stands to a client; None when it has not heard of the mailing."""
        ...

    async def messages_of(self, client_id: int) -> list[int]:
        """The ids of all messages to a client, of whatever mailing."""
        ...


class Gates(Protocol):
    async def have_left(self, limit: float) -> bool:
        """Whether the broker has every gate that is in the outbox now, ``limit`` seconds later at
        the latest. What cannot be found out is not so."""
        ...


class OutboxLane(Protocol):
    """One of the two lanes of the outbox, as the relay sees it."""

    async def due(self) -> list[OutboxRow]:
        """The oldest rows, a batch of them."""
        ...

    async def forget(self, ids: Sequence[int]) -> None: ...

    async def wait(self) -> None:
        """Returns when there may be something due."""
        ...


class EventPublisher(Protocol):
    async def publish(self, exchange: str, key: str, body: bytes) -> None:
        """Returns when the broker has it. Raises ConnectionError."""
        ...
