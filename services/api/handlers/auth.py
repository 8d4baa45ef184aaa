"""Who is asking."""

from services.api.domain.failures import Unauthorized
from services.api.domain.users import Tokens, TokenUse, User
from services.api.ports import Ports


async def log_in(ports: Ports, email: str, password: str) -> Tokens:
    """Raises Unauthorized, the same for an unknown user and a wrong password."""
    async with ports.transactions.begin() as store:
        user = await store.users.by_email(email)
    password_hash = None if user is None else user.password_hash
    matches = await ports.passwords.matches(password_hash, password)
    if user is None or not matches:
        raise Unauthorized("The e-mail address or the password is wrong.", field="email")
    return ports.tokens.issue(user)


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


async def _user(ports: Ports, user_id: int, field: str) -> User:
    async with ports.transactions.begin() as store:
        user = await store.users.by_id(user_id)
    if user is None:
        raise Unauthorized("The user of this token exists no more.", field=field)
    return user
