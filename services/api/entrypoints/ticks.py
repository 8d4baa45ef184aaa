"""What goes on by itself: the relay's lanes, the work on imports, a look at the outbox."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from prometheus_client import Counter

from services.api.domain.bulk import BulkTask, Progress
from services.api.domain.imports.progress import ImportTask
from services.api.domain.retention import Retention
from services.api.handlers import api_tokens, auth, bulk, imports, mails, once, users
from services.api.handlers.relay import relay_batch
from services.api.handlers.retention import forget_what_is_over
from services.api.ports import EventPublisher, Job, JobQueue, OutboxLane, Ports, Postman
from shared.runtime.database import is_transient
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

IMPORTED = Counter("carillon_api_import_rows_total", "Rows of imports", ["result"])
CHANGED = Counter("carillon_api_bulk_clients_total", "Clients changed many at once", ["action"])

Task = TypeVar("Task")

# While the broker is away: short enough that nobody notices when it is back.
_PAUSE_AFTER_FAILURE = 0.5
_MEASURE_EVERY = 5.0
_SWEEP_EVERY = 600.0
_WRITE_USES_EVERY = 60.0
_LOOK_FOR_MAIL_EVERY = 1.0


async def relay(lane: OutboxLane, publisher: EventPublisher, name: str) -> None:
    """Empties a lane of the outbox, for ever."""
    away = False
    while True:
        relayed = await relay_batch(lane, publisher)
        if relayed.failure is not None:
            if not away:
                log.warning("The broker takes no messages", extra=facts("relay_waits", lane=name))
            away = True
            await asyncio.sleep(_PAUSE_AFTER_FAILURE)
        elif relayed.messages == 0:
            await lane.wait()
        elif away:
            away = False
            log.info("The broker takes messages again", extra=facts("relay_goes_on", lane=name))


async def work_on_imports(ports: Ports) -> None:
    """Takes one import after the other, for ever."""

    async def work(job: Job[ImportTask]) -> None:
        await _see_through(_import(ports, job), partial(imports.give_up, ports, job), "import", job)

    await _work_on(ports.imports, work)


async def work_on_bulks(ports: Ports) -> None:
    """Takes one change of many clients after the other, for ever."""

    async def work(job: Job[BulkTask]) -> None:
        await _see_through(_change_many(ports, job), partial(bulk.give_up, ports, job), "bulk", job)

    await _work_on(ports.bulks, work)


async def _work_on(queue: JobQueue[Task], work: Callable[[Job[Task]], Awaitable[None]]) -> None:
    while True:
        async with queue.claim() as job:
            if job is not None:
                await work(job)
        if job is None:
            await queue.wait()


async def _see_through(
    work: Awaitable[None], give_up: Callable[[], Awaitable[None]], kind: str, job: Job[Any]
) -> None:
    """A job that was stopped goes on where it stands when the reason will pass, or ends here."""
    ids = {f"{kind}_id": job.task.id}
    log.info("A job was taken", extra=facts(f"{kind}_taken", **ids))
    try:
        await work
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("A job cannot be done", extra=facts(f"{kind}_failed", **ids))
        await give_up()
    else:
        log.info("A job has ended", extra=facts(f"{kind}_ended", **ids))


async def _import(ports: Ports, job: Job[ImportTask]) -> None:
    async for booked in imports.work_through(ports, job):
        IMPORTED.labels(result="accepted").inc(booked.accepted)
        IMPORTED.labels(result="rejected").inc(booked.rejected)


async def _change_many(ports: Ports, job: Job[BulkTask]) -> None:
    async for part in bulk.work_through(ports, job):
        CHANGED.labels(action=job.task.order.action).inc(_written(job.task, part))


def _written(task: BulkTask, part: Progress) -> int:
    return 0 if task.order.dry_run else part.changed


async def sweep_uploads(ports: Ports) -> None:
    """Removes what is left of uploads whose process died, for ever."""
    while True:
        abandoned = await imports.abandon_stale_uploads(ports)
        if abandoned:
            log.info("Removed broken uploads", extra=facts("uploads_swept", uploads=abandoned))
        await asyncio.sleep(_SWEEP_EVERY)


async def sweep_logins(ports: Ports) -> None:
    """Removes tries to log in that no longer count, for ever."""
    while True:
        await auth.sweep_logins(ports)
        await asyncio.sleep(_SWEEP_EVERY)


async def sweep_keys(ports: Ports) -> None:
    """Removes keys of requests, and what was answered to them, when their day is over, for ever."""
    while True:
        await once.sweep(ports)
        await asyncio.sleep(_SWEEP_EVERY)


async def sweep_what_is_over(ports: Ports, retention: Retention) -> None:
    """Removes what has been kept for as long as it may be, for ever."""
    while True:
        gone = await forget_what_is_over(ports, retention)
        if gone:
            log.info("Removed what was kept long enough", extra=facts("retention_swept", **gone))
        await asyncio.sleep(_SWEEP_EVERY)


async def send_mail(ports: Ports, postman: Postman) -> None:
    """Sends what waits to be sent, for ever."""
    while True:
        if not await mails.send_next(ports, postman):
            await asyncio.sleep(_LOOK_FOR_MAIL_EVERY)


async def write_token_uses(ports: Ports) -> None:
    """Writes down when API tokens were used, for ever."""
    while True:
        await api_tokens.write_uses(ports)
        await asyncio.sleep(_WRITE_USES_EVERY)


async def measure(look: Callable[[], Awaitable[None]]) -> None:
    while True:
        await look()
        await asyncio.sleep(_MEASURE_EVERY)


class FirstAdmin:
    """Makes the first administrator as soon as the database answers."""

    def __init__(self, ports: Ports, email: str | None, password: str | None) -> None:
        self._ports = ports
        self._email = email
        self._password = password
        self._ensured = email is None or password is None

    async def is_ensured(self) -> bool:
        return self._ensured

    async def ensure(self) -> None:
        if self._email is not None and self._password is not None:
            if await users.ensure_first_admin(self._ports, self._email, self._password):
                log.info("Made the first administrator", extra=facts("admin_made"))
            self._ensured = True
        await asyncio.Event().wait()  # done: nothing to come back for
