"""The life of a mailing: launched, paused, resumed, cancelled, deleted.

What stops a mailing answers when the senders' broker has the gate, or says that it has not yet:
from then on no new call starts but for what is under way, and that is counted in the answer.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from services.api.domain import lifecycle
from services.api.domain.audit import Action
from services.api.domain.callers import Caller
from services.api.domain.failures import Unavailable
from services.api.domain.mailings import Mailing, Step
from services.api.domain.versions import Expected
from services.api.handlers.steps import take
from services.api.ports import Ports
from shared.runtime.logs import facts

log = logging.getLogger(__name__)

# How long whoever stops a mailing waits for the broker to have the gate, and then for the count.
# Together less than 1.5 s: a person has pressed a button, and must see what came of it.
GATE_LIMIT = 1.0
COUNT_LIMIT = 0.3


@dataclass(frozen=True, slots=True)
class Stopped:
    """``confirmed``: the broker has the gate. ``in_flight``: calls under way; None: not known."""

    mailing: Mailing
    confirmed: bool
    in_flight: int | None


async def launch_mailing(
    ports: Ports, mailing_id: int, who: Caller, expected: Expected | None = None
) -> Mailing:
    """Raises NotFound, Outdated, Conflict, Invalid."""
    now = ports.clock.now()
    step = await take(
        ports, mailing_id, who, Action.LAUNCH, lambda one: lifecycle.launched(one, now), expected
    )
    return step.mailing


async def resume_mailing(
    ports: Ports, mailing_id: int, who: Caller, expected: Expected | None = None
) -> Mailing:
    """Raises NotFound, Outdated, Conflict."""
    now = ports.clock.now()
    step = await take(
        ports, mailing_id, who, Action.RESUME, lambda one: lifecycle.resumed(one, now), expected
    )
    return step.mailing


async def pause_mailing(
    ports: Ports, mailing_id: int, who: Caller, expected: Expected | None = None
) -> Stopped:
    """Raises NotFound, Outdated, Conflict."""
    now = ports.clock.now()
    return await _stop(
        ports, mailing_id, who, Action.PAUSE, lambda one: lifecycle.paused(one, now), expected
    )


async def cancel_mailing(
    ports: Ports, mailing_id: int, who: Caller, expected: Expected | None = None
) -> Stopped:
    """Raises NotFound, Outdated, Conflict."""
    now = ports.clock.now()
    return await _stop(
        ports, mailing_id, who, Action.CANCEL, lambda one: lifecycle.cancelled(one, now), expected
    )


async def delete_mailing(
    ports: Ports, mailing_id: int, who: Caller, expected: Expected | None = None
) -> None:
    """Raises NotFound, Outdated."""
    now = ports.clock.now()
    step = await take(
        ports,
        mailing_id,
        who,
        Action.DELETE_MAILING,
        lambda one: lifecycle.deleted(one, now),
        expected,
    )
    if step.messages:
        await _is_confirmed(ports, step.mailing)


async def _stop(
    ports: Ports,
    mailing_id: int,
    who: Caller,
    action: Action,
    decide: Callable[[Mailing], Step],
    expected: Expected | None,
) -> Stopped:
    """Also when it was stopped already: the first gate may not have left yet."""
    mailing = (await take(ports, mailing_id, who, action, decide, expected)).mailing
    if mailing.launched_at is None:
        return Stopped(mailing, confirmed=True, in_flight=0)
    confirmed = await _is_confirmed(ports, mailing)
    return Stopped(mailing, confirmed, await _in_flight(ports, mailing_id))


async def _is_confirmed(ports: Ports, mailing: Mailing) -> bool:
    confirmed = await ports.gates.have_left(GATE_LIMIT)
    if not confirmed:
        ids = {"mailing_id": mailing.id, "revision": mailing.revision}
        log.warning("The broker has not got a gate yet", extra=facts("stop_unconfirmed", **ids))
    return confirmed


async def _in_flight(ports: Ports, mailing_id: int) -> int | None:
    """The mailing is stopped, whether anybody can count or not."""
    try:
        async with asyncio.timeout(COUNT_LIMIT):
            counted = await ports.statistics.of_mailing(mailing_id)
    except (Unavailable, TimeoutError):
        return None
    return counted.get("in_flight")
