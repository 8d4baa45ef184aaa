"""Requests with a key: taken, answered, answered again."""

from secrets import token_bytes

from services.api.domain.once import HELD_FOR, KEPT_FOR, Answer, Asked, Hold, judge
from services.api.ports import Ports


async def take(ports: Ports, user_id: int, key: bytes, asked: Asked) -> Hold | Answer:
    """The right to do it, or the answer that was given to it. Raises Invalid, InProgress,
    Conflict."""
    hold, now = Hold(user_id, key, token_bytes(16)), ports.clock.now()
    async with ports.transactions.begin(part=True) as store:
        known = await store.keys.take(hold, asked, now + HELD_FOR, now)
        if known is None:
            return hold
        answer = judge(known, asked, now)
        if answer is None:
            await store.keys.take_over(hold, asked, now + HELD_FOR, now)
    return answer or hold


async def go_on(ports: Ports, hold: Hold) -> None:
    """It takes longer than most."""
    async with ports.transactions.begin(part=True) as store:
        await store.keys.prolong(hold, ports.clock.now() + HELD_FOR)


async def keep(
    ports: Ports, hold: Hold, body: bytes | None, answer: Answer | None, about: str | None
) -> None:
    async with ports.transactions.begin(part=True) as store:
        await store.keys.keep(hold, body, answer, about)


async def let_go(ports: Ports, hold: Hold) -> None:
    async with ports.transactions.begin(part=True) as store:
        await store.keys.let_go(hold)


async def sweep(ports: Ports) -> None:
    async with ports.transactions.begin(part=True) as store:
        await store.keys.forget_before(ports.clock.now() - KEPT_FOR)
