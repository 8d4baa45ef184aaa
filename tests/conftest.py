"""Fixtures that every test may use: the servers of this test session.

CARILLON_TEST_SERVERS=local|docker forces private processes or containers. Without it
containers are taken where an engine answers and holds the images, else private processes.
Either starts only when a test asks for it.
"""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import settings

from tests.support import docker_servers, local_servers
from tests.support.servers import (
    PostgresForTests,
    RabbitMQForTests,
    Vhost,
    robust_connections,
)

TESTS = Path(__file__).parent
# Who looks at a clock wants the machine; these ask only what became of everything, and may run
# beside: whole houses too, that are killed and restored.
_OF_THE_API = (
    "api_tokens audit bad_input blocks bulk client_data client_library clients conventions"
    " dead_letters docs exports heading imports lifecycle lists mail mailings messages"
    " migration_page migrations oidc oidc_forged once passwords plans positions receipts"
    " registration retention rights schemathesis sessions statistics tags users"
)
_OF_HOUSES = "command_line desk doors erasure forgotten rebuild restore"
PATIENT = (
    "contracts",
    "unit",
    *(f"integration/deploy/test_{of}.py" for of in ("migrations", "rolling_migrations", "roles")),
    *(f"integration/services/api/test_{of}.py" for of in _OF_THE_API.split()),
    "integration/services/api/webhooks",
    *(f"integration/services/scheduler/test_{of}.py" for of in ("crowd", "messages", "reads")),
    *(f"integration/services/stats/test_{of}.py" for of in ("books", "migrations")),
    *("integration/deploy/test_local_run.py", "integration/recovery"),
    *(f"e2e/test_{of}.py" for of in _OF_HOUSES.split()),
)
TIMED = ("unit/services/sender", "unit/shared/runtime", "unit/support")

# How long an example takes says more of the machine than of the code.
settings.register_profile("carillon", deadline=None)
settings.load_profile("carillon")


@pytest.fixture(scope="session")
def use_docker() -> bool:
    """Whether this session's servers are containers."""
    choice = os.environ.get("CARILLON_TEST_SERVERS", "")
    if choice not in ("", "local", "docker"):
        pytest.exit(f"CARILLON_TEST_SERVERS is local or docker, not {choice!r}.", returncode=4)
    return choice == "docker" or (choice == "" and docker_servers.can_use_docker())


@pytest.fixture(scope="session")
def postgres(use_docker: bool) -> Iterator[PostgresForTests]:
    """The session's PostgreSQL; `await postgres.new_database(name)` gives an empty database."""
    run = docker_servers.docker_postgres if use_docker else local_servers.local_postgres
    with run() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq(use_docker: bool) -> Iterator[RabbitMQForTests]:
    """The session's RabbitMQ; `await rabbitmq.new_vhost()` gives an empty vhost."""
    run = docker_servers.docker_rabbitmq if use_docker else local_servers.local_rabbitmq
    with run() as server:
        yield server


@pytest_asyncio.fixture(scope="module")
async def vhost(rabbitmq: RabbitMQForTests) -> AsyncIterator[Vhost]:
    """A vhost for the tests of one module, whose connections they must have closed at its end:
    one that is left open tries to come back until the session ends, and sometimes beyond."""
    mine = await rabbitmq.new_vhost()
    yield mine
    left = [one for one in robust_connections() if one.url.path == f"/{mine.name}"]
    for one in left:
        await one.close()
    await rabbitmq.drop_vhost(mine.name)
    assert not left


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--part",
        choices=["patient", "timed"],
        help="only the tests that do not mind how long they take, or only all others",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that `-m "not servers"` is the quick half; and keep one part of
    two that may run side by side."""
    for item in items:
        if {"postgres", "rabbitmq"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.servers)
    part = config.getoption("--part")
    if part is not None:
        others = [item for item in items if _is_patient(item) is (part == "timed")]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if _is_patient(item) is (part == "patient")]


def pytest_collection_finish() -> None:
    """What was collected lives until the end. To look through all of it again and again takes the
    garbage collector up to a second each time, in which every service in this process stands
    still."""
    gc.collect()
    gc.freeze()


def _is_patient(item: pytest.Item) -> bool:
    path = item.path.relative_to(TESTS)
    is_timed = any(map(path.is_relative_to, TIMED))
    return any(map(path.is_relative_to, PATIENT)) and not is_timed
