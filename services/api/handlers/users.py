"""Users: made, changed and removed by an administrator."""

from collections.abc import Callable
from dataclasses import replace

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller
from services.api.domain.failures import Conflict, FieldFault, Invalid, NotFound, Unauthorized
from services.api.domain.paging import Page, from_cursor, page_of, row_id
from services.api.domain.sessions import End
from services.api.domain.users import NewUser, Role, User, UserFilter, check_administered
from services.api.ports import Ports, Store


async def list_users(
    ports: Ports, wanted: UserFilter, limit: int, cursor: str | None
) -> Page[User]:
    after = from_cursor(cursor, row_id, 0)
    async with ports.transactions.reading() as store:
        found = await store.users.page(wanted, after, limit + 1)
    return page_of(found, limit, lambda user: user.id)


async def get_user(ports: Ports, user_id: int) -> User:
    """Raises NotFound."""
    async with ports.transactions.reading() as store:
        return await _existing(store, user_id)


async def who_am_i(ports: Ports, who: Caller) -> User:
    """Raises Unauthorized when they have gone since the request came in."""
    async with ports.transactions.reading() as store:
        user = await store.users.by_id(who.user_id)
    if user is None:
        raise Unauthorized("The user of this token exists no more.")
    return user


async def add_user(ports: Ports, new: NewUser, password: str, who: Caller) -> User:
    """Raises Conflict when somebody has the address, Invalid."""
    password_hash = await ports.passwords.hash(password)
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        await check_departments(store, new.departments)
        user = await store.users.add(replace(new, password_hash=password_hash), now)
        if user is None:
            raise taken(await store.users.by_email(new.email))
        deed = Deed(Action.ADD_USER, f"users/{user.id}", {"after": shown(user)})
        await store.audit.note(deed, who, now)
    return user


async def change_user(
    ports: Ports, user_id: int, revise: Callable[[User], User], who: Caller
) -> User:
    """When an account is closed, its sessions and API tokens end at once.

    Raises NotFound, Conflict, Invalid.
    """
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        before = await _existing(store, user_id, lock=True)
        after = revise(before)
        if after == before:
            return before
        check_administered(before, after, await store.users.open_admins())
        await check_departments(store, after.departments)
        await store.users.save(after)
        if after.closed_at is not None:
            await store.sessions.end_all(user_id, End.USER, now)
            await store.api_tokens.remove_all(user_id)
        change: dict[str, Fact] = {"before": shown(before), "after": shown(after)}
        await store.audit.note(Deed(Action.CHANGE_USER, f"users/{user_id}", change), who, now)
    return after


async def remove_user(ports: Ports, user_id: int, who: Caller) -> None:
    """What they did stays in the audit, under their id. Raises NotFound, Conflict."""
    async with ports.transactions.begin() as store:
        before = await _existing(store, user_id, lock=True)
        check_administered(before, None, await store.users.open_admins())
        await store.users.remove(user_id)
        deed = Deed(Action.REMOVE_USER, f"users/{user_id}", {"before": shown(before)})
        await store.audit.note(deed, who, ports.clock.now())


async def ensure_first_admin(ports: Ports, email: str, password: str) -> bool:
    """Makes the administrator unless somebody has the address; whether it did.

    The password of an existing user is never touched: what the environment says was only for the
    first day, and must not undo a change made since.
    """
    async with ports.transactions.begin() as store:
        if await store.users.by_email(email) is not None:
            return False
    password_hash = await ports.passwords.hash(password)
    admin = NewUser(email, password_hash, Role.ADMIN, may_launch=True)
    async with ports.transactions.begin() as store:
        return await store.users.add(admin, ports.clock.now()) is not None


async def check_departments(store: Store, ids: frozenset[int]) -> None:
    """Raises Invalid, naming those that there are not."""
    missing = await store.departments.missing(ids) if ids else []
    if missing:
        reason = f"There is no department {', '.join(map(str, missing))}."
        raise Invalid(FieldFault("departments", reason))


def taken(holder: User | None) -> Conflict:
    who = "Another user" if holder is None else f"User {holder.id}"
    reason = f"{who} has this e-mail address already."
    return Conflict(reason, (FieldFault("email", reason),))


async def _existing(store: Store, user_id: int, *, lock: bool = False) -> User:
    user = await store.users.by_id(user_id, lock=lock)
    if user is None:
        raise NotFound("user", user_id)
    return user


def shown(user: User) -> dict[str, Fact]:
    """What the audit keeps of a user: no password, not even its hash."""
    return {
        "email": user.email,
        "role": user.role,
        "may_launch": user.may_launch,
        "departments": sorted(user.departments),
        "closed": user.closed_at is not None,
    }
