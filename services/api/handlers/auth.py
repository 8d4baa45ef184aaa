"""Who is asking."""

from services.api.domain.failures import TooManyTries, Unauthorized
from services.api.domain.logins import KNOWN_FOR, Come, Knock, Wait, judge
from services.api.domain.users import Tokens, TokenUse, User
from services.api.ports import Ports, Store


async def log_in(ports: Ports, email: str, password: str, address: str) -> Tokens:
    """``address``: where the caller is. Raises Unauthorized, the same for an unknown user and a
    wrong password, and TooManyTries, the same for an unknown user and a known one."""
    knock = Knock.of(email, address)
    # One after the other: tries with the right password, a dozen at the same time, are taken back
    # before the next is counted.
    async with ports.login_turns.of(knock.here):
        return ports.tokens.issue(await _recognised(ports, knock, email, password))


async def sweep_logins(ports: Ports) -> None:
    async with ports.transactions.begin() as store:
        await store.logins.forget_what_is_over(ports.clock.now())


async def refresh(ports: Ports, refresh_token: str) -> Tokens:
    """Raises Unauthorized."""
    user_id = ports.tokens.read(refresh_token, TokenUse.REFRESH)
    return ports.tokens.issue(await _user(ports, user_id, "refresh_token"))


async def who_am_i(ports: Ports, user_id: int) -> User:
    """Raises Unauthorized when the user of a valid token exists no more."""
    return await _user(ports, user_id, "Authorization")


async def ensure_first_admin(ports: Ports, email: str, password: str) -> bool:
    """Makes the administrator unless somebody has the address; whether it did.

    The password of an existing user is never touched: what the environment says was only for the
    first day, and must not undo a change made since.
    """
    async with ports.transactions.begin() as store:
        if await store.users.by_email(email) is not None:
            return False
    password_hash = await ports.passwords.hash(password)
    async with ports.transactions.begin() as store:
        return await store.users.add_admin(email, password_hash, ports.clock.now())


async def _recognised(ports: Ports, knock: Knock, email: str, password: str) -> User:
    """What is done is the same for an unknown user until the password is right."""
    async with ports.transactions.begin() as store:
        come = await _let_in(ports, store, knock)
        user = await store.users.by_email(email)
    password_hash = None if user is None else user.password_hash
    matches = await ports.passwords.matches(password_hash, password)
    if user is None or not matches:
        raise Unauthorized("The e-mail address or the password is wrong.", field="email")
    await _welcome(ports, knock, come)
    return user


async def _let_in(ports: Ports, store: Store, knock: Knock) -> Come:
    """Counts the try, or raises TooManyTries."""
    now = ports.clock.now()
    busy = await store.logins.knock(knock, now)
    known = await store.logins.is_known(knock, now)
    decision = judge(ports.login_limits, busy, known=known, now=now)
    if isinstance(decision, Wait):
        detail = f"Too many tries to log in. Try again in {decision.seconds} s."
        raise TooManyTries(detail, retry_after=decision.seconds, door=decision.door)
    await store.logins.count(knock, decision.busy)
    return decision


async def _welcome(ports: Ports, knock: Knock, come: Come) -> None:
    pauses = {door: ports.login_limits.at(door).pause for door in come.busy}
    async with ports.transactions.begin() as store:
        await store.logins.take_back(knock, pauses)
        await store.logins.remember(knock, ports.clock.now() + KNOWN_FOR)


async def _user(ports: Ports, user_id: int, field: str) -> User:
    async with ports.transactions.begin() as store:
        user = await store.users.by_id(user_id)
    if user is None:
        raise Unauthorized("The user of this token exists no more.", field=field)
    return user
