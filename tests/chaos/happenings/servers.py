"""RabbitMQ and PostgreSQL die, stand still, or run short of something."""

from collections.abc import Awaitable, Callable

from tests.chaos.alarms import DISK, MEMORY
from tests.chaos.extent import Extent
from tests.chaos.trouble import Trouble


async def rabbitmq_killed(trouble: Trouble, _extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.kill("rabbitmq"))


async def postgres_killed(trouble: Trouble, _extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.kill("postgres"))


async def rabbitmq_paused(trouble: Trouble, extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.freeze("rabbitmq", extent.pause))


async def postgres_paused(trouble: Trouble, extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.freeze("postgres", extent.pause))


async def memory_alarm(trouble: Trouble, extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.alarm(MEMORY, extent.pause))


async def disk_alarm(trouble: Trouble, extent: Extent) -> None:
    await _once_somewhere(trouble, lambda: trouble.alarm(DISK, extent.pause))


async def _once_somewhere(trouble: Trouble, deed: Callable[[], Awaitable[None]]) -> None:
    await trouble.reached(trouble.chance.uniform(0.1, 0.6))
    await deed()
