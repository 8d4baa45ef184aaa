"""Invitations, and registering with one or without."""

from dataclasses import replace

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller
from services.api.domain.failures import Conflict, FieldFault, NotFound
from services.api.domain.invitations import Comer, Invitation, NewInvitation, newcomer
from services.api.domain.keys import digest, new_key
from services.api.domain.languages import Language
from services.api.domain.logins import Knock
from services.api.domain.mails import MailKind, NewMail
from services.api.domain.paging import Page, from_cursor, page_of, row_id
from services.api.domain.users import User
from services.api.handlers.doors import let_in, take_back
from services.api.handlers.users import check_departments, taken
from services.api.ports import Ports, Store


async def list_invitations(ports: Ports, limit: int, cursor: str | None) -> Page[Invitation]:
    after = from_cursor(cursor, row_id, 0)
    async with ports.transactions.reading() as store:
        found = await store.invitations.page(after, limit + 1)
    return page_of(found, limit, lambda invitation: invitation.id)


async def invite(
    ports: Ports, new: NewInvitation, language: Language, who: Caller
) -> tuple[Invitation, str]:
    """And its token, which nobody can be told again; it is mailed too, where mail is sent.

    Raises Conflict, Invalid.
    """
    ports.registration.check_inviting()
    now, key = ports.clock.now(), new_key()
    async with ports.transactions.begin() as store:
        await check_departments(store, new.departments)
        holder = await store.users.by_email(new.email)
        if holder is not None:
            raise taken(holder)
        invitation = await store.invitations.add(new, who.user_id, now)
        await store.invitations.open_with(invitation.id, digest(key))
        if ports.postman is not None:
            await store.mails.put(_mail(invitation, language), now)
        await store.audit.note(_deed(Action.ADD_INVITATION, invitation), who, now)
    return invitation, key


async def revoke(ports: Ports, invitation_id: int, who: Caller) -> None:
    """Raises NotFound."""
    async with ports.transactions.begin() as store:
        gone = await store.invitations.remove(invitation_id)
        if gone is None:
            raise NotFound("invitation", invitation_id)
        deed = _deed(Action.REVOKE_INVITATION, gone)
        await store.audit.note(deed, who, ports.clock.now())


async def register(ports: Ports, email: str, password: str, key: str | None, address: str) -> User:
    """``key``: an invitation's token. Raises NotOpen, Invalid, Conflict, TooManyTries."""
    knock, now = Knock.at_address(address), ports.clock.now()
    async with ports.transactions.begin() as store:
        come = await let_in(ports, store, knock)
    async with ports.transactions.reading() as store:  # who may not costs no hash
        await _comer(ports, store, email, key)
    password_hash = await ports.passwords.hash(password)
    async with ports.transactions.begin() as store:
        comer, is_first = await _comer(ports, store, email, key, lock=True)
        new = newcomer(ports.registration, comer, is_first=is_first, now=now)
        user = await store.users.add(replace(new, password_hash=password_hash), now)
        if user is None:
            raise _known()
        await _note(store, user, comer, address, ports)
        if comer.invitation is not None or is_first:
            await take_back(ports, store, knock, come)
    return user


async def _comer(
    ports: Ports, store: Store, email: str, key: str | None, *, lock: bool = False
) -> tuple[Comer, bool]:
    """And whether they are the first of all. Raises NotOpen, Invalid."""
    found = None if key is None else await store.invitations.by_digest(digest(key), lock=lock)
    comer = Comer(email, shown=key is not None, invitation=found)
    is_first = await store.users.are_none(lock=lock)
    newcomer(ports.registration, comer, is_first=is_first, now=ports.clock.now())
    return comer, is_first


async def _note(store: Store, user: User, comer: Comer, address: str, ports: Ports) -> None:
    by: dict[str, Fact] = {"role": user.role, "may_launch": user.may_launch}
    if comer.invitation is not None:
        await store.invitations.remove(comer.invitation.id)
        by["invitation_id"] = comer.invitation.id
    deed = Deed(Action.REGISTER, f"users/{user.id}", by)
    await store.audit.note(deed, Caller(user.id, address, frozenset()), ports.clock.now())


def _mail(invitation: Invitation, language: Language) -> NewMail:
    return NewMail(
        MailKind.INVITATION, invitation.email, language, invitation.expires_at, invitation.id
    )


def _known() -> Conflict:
    """To whoever registers, who is a stranger: not whose account it is."""
    reason = "There is an account with this e-mail address: log in, or ask for a new password."
    return Conflict(reason, (FieldFault("email", reason),))


def _deed(action: Action, invitation: Invitation) -> Deed:
    shown: dict[str, Fact] = {
        "email": invitation.email,
        "role": invitation.role,
        "may_launch": invitation.may_launch,
        "departments": sorted(invitation.departments),
        "expires_at": invitation.expires_at.isoformat(),
    }
    return Deed(action, f"invitations/{invitation.id}", shown)
