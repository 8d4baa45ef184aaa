"""Rebuilds the copy of the directory from the api: ``python -m services.scheduler rebuild``.

Versions and tombstones decide, so events may keep arriving meanwhile and no old row revives a
deleted client. No wave opens until the copy is whole; a rebuild that broke off is run again.
"""

import logging
from collections.abc import AsyncIterator
from typing import Protocol

from services.scheduler.handlers.planning import Planner
from shared.contracts.directory import ClientsChanged
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


class Source(Protocol):
    def pages(self) -> AsyncIterator[ClientsChanged]: ...


class Gatekeeper(Protocol):
    async def keep_waves_shut(self, shut: bool) -> None:
        """While shut, no wave opens."""
        ...


async def rebuild(source: Source, planner: Planner, gatekeeper: Gatekeeper) -> int:
    """Returns the number of clients read."""
    await gatekeeper.keep_waves_shut(True)
    read, position = 0, None
    async for page in source.pages():
        # What the first page's position stands for is in the copy once the last page is.
        position = page.position if position is None else position
        await planner.on_clients_changed(page.model_copy(update={"position": None}))
        read += len(page.clients)
    await planner.on_clients_changed(ClientsChanged(clients=(), position=position))
    await planner.follow_directory()  # the leader does not know what was written beside it
    await gatekeeper.keep_waves_shut(False)
    log.info("The copy of the directory was rebuilt", extra=facts("rebuild", clients=read))
    return read
