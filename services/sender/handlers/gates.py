"""Gates: stored before anything else may start."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from services.sender.ports import Gates
from shared.contracts.gates import GatesChanged

Handler = Callable[[GatesChanged], Awaitable[None]]


class Barrier(Protocol):
    def holding(self) -> AbstractContextManager[None]:
        """No claim starts inside; after a failure inside, none for a while."""
        ...


async def gates_changed(message: GatesChanged, gates: Gates, barrier: Barrier) -> None:
    with barrier.holding():
        await gates.store(message.gates)


def message_handlers(gates: Gates, barrier: Barrier) -> Mapping[type[GatesChanged], Handler]:
    async def on_gates_changed(message: GatesChanged) -> None:
        await gates_changed(message, gates, barrier)

    return {GatesChanged: on_gates_changed}
