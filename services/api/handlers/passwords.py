"""A new password."""

from dataclasses import replace
from hmac import compare_digest

from services.api.domain.audit import Action, Deed
from services.api.domain.callers import Caller
from services.api.domain.failures import Conflict, FieldFault, Invalid
from services.api.domain.keys import digest
from services.api.domain.logins import Come, Knock
from services.api.domain.sessions import End
from services.api.domain.users import User
from services.api.handlers.doors import let_in, welcome
from services.api.handlers.users import who_am_i
from services.api.ports import Ports, Store


async def change_password(ports: Ports, current: str, new: str, who: Caller) -> None:
    """Ends all other sessions of the user. Guesses are counted as tries to log in are: a session
    left open must not be a way around that. Raises Invalid, Conflict, TooManyTries, LogInNeeded."""
    session_id = who.need_log_in()
    user = await who_am_i(ports, who)
    knock = Knock.of(user.email, who.address)
    async with ports.login_turns.of(knock.here):
        come = await _proved(ports, knock, user, current)
        async with ports.transactions.begin() as store:
            await welcome(ports, store, knock, come)
    password_hash = await ports.passwords.hash(new)
    async with ports.transactions.begin() as store:
        now = await store.users.by_id(user.id, lock=True)
        if now is None or not _is_the_same(now.password_hash, user.password_hash):
            raise Conflict("The password was changed meanwhile.")
        await set_password(ports, store, now, password_hash, who, but=session_id)


async def reset_password(ports: Ports, key: str, new: str, address: str) -> None:
    """With the token of a mail, which is good once; ends every session. Raises Invalid."""
    async with ports.transactions.reading() as store:
        await _whose(ports, store, key)  # a wrong one costs no hash
    password_hash = await ports.passwords.hash(new)
    async with ports.transactions.begin() as store:
        user = await _whose(ports, store, key, lock=True)
        who = Caller(user.id, address, frozenset())
        await set_password(ports, store, user, password_hash, who, but=None)


async def _whose(ports: Ports, store: Store, key: str, *, lock: bool = False) -> User:
    """Once the user is locked, nobody else uses the token: so it is looked for after that."""
    now = ports.clock.now()
    user_id = await store.resets.user_of(digest(key), now)
    user = None if user_id is None else await store.users.by_id(user_id, lock=lock)
    if (
        user is None
        or user.closed_at is not None
        or await store.resets.user_of(digest(key), now) is None
    ):
        raise Invalid(FieldFault("token", "It is unknown, used or over; ask for another one."))
    return user


async def set_password(
    ports: Ports, store: Store, user: User, password_hash: str, who: Caller, *, but: int | None
) -> None:
    """Ends every session of the user but this one."""
    now = ports.clock.now()
    await store.users.save(replace(user, password_hash=password_hash))
    await store.resets.remove_all(user.id)
    ended = await store.sessions.end_all(user.id, End.PASSWORD, now, but=but)
    deed = Deed(Action.CHANGE_PASSWORD, f"users/{user.id}", {"sessions_ended": ended})
    await store.audit.note(deed, who, now)


def _is_the_same(one: str | None, other: str | None) -> bool:
    return compare_digest(one or "", other or "")


async def _proved(ports: Ports, knock: Knock, user: User, password: str) -> Come:
    if user.password_hash is None:
        raise Conflict("This account has no password: whoever has it logs in by other means.")
    async with ports.transactions.begin() as store:
        come = await let_in(ports, store, knock)
    if not await ports.passwords.matches(user.password_hash, password):
        raise Invalid(FieldFault("current_password", "This is not your password."))
    return come
