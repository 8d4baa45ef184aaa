"""The client, in two kinds: one whose methods wait, one whose methods are awaited."""

from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import Any, Generic, Self

import httpx

from carillon.carriers import AsyncCarrier, Carrier
from carillon.conversation import tokens_of, utc_now
from carillon.errors import CarillonError
from carillon.groups.auth import Auth
from carillon.groups.bulk import Bulks
from carillon.groups.clients import Clients, Tags
from carillon.groups.dead_letters import DeadLetters
from carillon.groups.imports import Imports
from carillon.groups.mailings import Mailings
from carillon.groups.policies import Blocks
from carillon.groups.statistics import Messages, Statistics
from carillon.groups.users import Audit, Departments, Users
from carillon.groups.webhooks import Webhooks
from carillon.operations import C
from carillon.patience import PATIENT, Patience
from carillon.tokens import Keeper, MemoryKeeper, Tokens

PREFIX = "/api/v1"
# To connect, and to hear the next piece of an answer: a preview may look at a million clients.
TIMEOUT = httpx.Timeout(10, read=60)


class _Groups(Generic[C]):
    """Every domain of the API."""

    def __init__(self, carrier: C) -> None:
        self._carrier: C = carrier

    @cached_property
    def auth(self) -> Auth[C]:
        return Auth(self._carrier)

    @cached_property
    def clients(self) -> Clients[C]:
        return Clients(self._carrier)

    @cached_property
    def blocks(self) -> Blocks[C]:
        return Blocks(self._carrier)

    @cached_property
    def tags(self) -> Tags[C]:
        return Tags(self._carrier)

    @cached_property
    def bulk(self) -> Bulks[C]:
        return Bulks(self._carrier)

    @cached_property
    def imports(self) -> Imports[C]:
        return Imports(self._carrier)

    @cached_property
    def mailings(self) -> Mailings[C]:
        return Mailings(self._carrier)

    @cached_property
    def statistics(self) -> Statistics[C]:
        return Statistics(self._carrier)

    @cached_property
    def messages(self) -> Messages[C]:
        return Messages(self._carrier)

    @cached_property
    def dead_letters(self) -> DeadLetters[C]:
        return DeadLetters(self._carrier)

    @cached_property
    def users(self) -> Users[C]:
        return Users(self._carrier)

    @cached_property
    def departments(self) -> Departments[C]:
        return Departments(self._carrier)

    @cached_property
    def webhooks(self) -> Webhooks[C]:
        return Webhooks(self._carrier)

    @cached_property
    def audit(self) -> Audit[C]:
        return Audit(self._carrier)


class Carillon(_Groups[Carrier]):
    """``url``: where the gateway is, without /api/v1. Either ``token``, an access or API token; or
    ``keeper``, who has a session's tokens and gets new ones; or ``log_in``."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        keeper: Keeper | None = None,
        patience: Patience = PATIENT,
        timeout: httpx.Timeout | float = TIMEOUT,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        http = httpx.Client(transport=transport, **_settings(url, timeout, headers))
        super().__init__(Carrier(http, keeper or _keeper(token), patience))

    def log_in(self, email: str, password: str) -> None:
        """Begins a session, whose tokens are kept and renewed."""
        self._carrier.keeper.save(tokens_of(self.auth.login(email, password), utc_now()))

    def log_out(self) -> None:
        """Ends the session."""
        self.auth.logout()
        self._carrier.keeper.save(None)

    def close(self) -> None:
        self._carrier.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncCarillon(_Groups[AsyncCarrier]):
    """As Carillon, with methods that are awaited and lists for ``async for``."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        keeper: Keeper | None = None,
        patience: Patience = PATIENT,
        timeout: httpx.Timeout | float = TIMEOUT,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        http = httpx.AsyncClient(transport=transport, **_settings(url, timeout, headers))
        super().__init__(AsyncCarrier(http, keeper or _keeper(token), patience))

    async def log_in(self, email: str, password: str) -> None:
        """Begins a session, whose tokens are kept and renewed."""
        self._carrier.keeper.save(tokens_of(await self.auth.login(email, password), utc_now()))

    async def log_out(self) -> None:
        """Ends the session."""
        await self.auth.logout()
        self._carrier.keeper.save(None)

    async def close(self) -> None:
        await self._carrier.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()


def _keeper(token: str | None) -> Keeper:
    return MemoryKeeper(None if token is None else Tokens(token))


def _settings(
    url: str, timeout: httpx.Timeout | float, headers: Mapping[str, str] | None
) -> dict[str, Any]:
    base = url.rstrip("/").removesuffix(PREFIX)
    try:
        address = httpx.URL(f"{base}{PREFIX}/")
    except httpx.InvalidURL as error:
        raise CarillonError(f"{url!r} is no address: {error}") from None
    return {"base_url": address, "timeout": timeout, "headers": dict(headers or {})}
