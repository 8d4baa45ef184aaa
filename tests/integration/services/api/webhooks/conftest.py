"""Webhooks on a real database, with a receiver on a real port; the broker's part is elsewhere."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.api.adapters.courier import HttpCourier
from services.api.domain.users import User
from services.api.domain.webhooks import Where
from services.api.ports import Ports
from tests.integration.services.api.conftest import client_of, log_in_as
from tests.integration.services.api.webhooks.world import HERE, LogIn
from tests.support.receiver import Receiver, receiving


@pytest.fixture
def ports(ports: Ports) -> Ports:
    """Where webhooks may lead to this machine."""
    return replace(ports, webhooks_to=Where(HERE, http=True))


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest_asyncio.fixture
async def courier() -> AsyncIterator[HttpCourier]:
    async with HttpCourier(HERE, limit=1) as one:
        yield one


@pytest.fixture
def again(app: FastAPI, ports: Ports, admin: User) -> LogIn:
    """Logs in: no token lives as long as some of these tests."""

    async def log_in() -> httpx.AsyncClient:
        return client_of(app, (await log_in_as(ports, admin)).access_token)

    return log_in
