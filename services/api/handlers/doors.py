"""The doors at which tries are counted: whoever guesses waits."""

from services.api.domain.failures import TooManyTries
from services.api.domain.logins import KNOWN_FOR, Come, Door, Knock, Wait, judge
from services.api.ports import Ports, Store


async def let_in(ports: Ports, store: Store, knock: Knock) -> Come:
    """Counts the try. Raises TooManyTries."""
    now = ports.clock.now()
    busy = await store.logins.knock(knock, now)
    known = Door.HERE in knock.digests and await store.logins.is_known(knock, now)
    decision = judge(ports.login_limits, busy, known=known, now=now, at=knock.digests)
    if isinstance(decision, Wait):
        detail = f"Too many tries to log in. Try again in {decision.seconds} s."
        raise TooManyTries(detail, retry_after=decision.seconds, door=decision.door)
    await store.logins.count(knock, decision.busy)
    return decision


async def welcome(ports: Ports, store: Store, knock: Knock, come: Come) -> None:
    """They have shown who they are: the try was none, and the address is known."""
    await take_back(ports, store, knock, come)
    await store.logins.remember(knock, ports.clock.now() + KNOWN_FOR)


async def take_back(ports: Ports, store: Store, knock: Knock, come: Come) -> None:
    pauses = {door: ports.login_limits.at(door).pause for door in come.busy}
    await store.logins.take_back(knock, pauses)
