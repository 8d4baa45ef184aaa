"""One house for the end-to-end tests; each starts with a provider that has seen nothing."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.house import TWO_OF_EACH, House, running_house

_phones = count(1, 1_000_000)


@pytest_asyncio.fixture(scope="session")
async def only_house() -> AsyncIterator[House]:
    # Not under pytest's own folder: that one is closed to the user PostgreSQL runs as.
    home = Path(tempfile.mkdtemp(prefix="carillon-e2e-"))
    async with running_house(home, TWO_OF_EACH) as house:
        yield house
    shutil.rmtree(home, ignore_errors=True)


@pytest_asyncio.fixture
async def house(only_house: House) -> AsyncIterator[House]:
    await only_house.forget()
    yield only_house
    # What a test that failed has left under way would be counted in the next one.
    for state in ("scheduled", "running"):
        for mailing in (await only_house.ask("/mailings", state=state))["items"]:
            await only_house.act(mailing["id"], "cancel")


@pytest.fixture
def first_phone() -> int:
    """Where this test's numbers begin, so that no two tests share a client."""
    return next(_phones)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
