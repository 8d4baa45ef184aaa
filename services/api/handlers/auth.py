"""Who is asking: log-ins, and the sessions that they begin."""

import logging

from services.api.domain.api_tokens import SHOWN_AFTER_EXPIRY
from services.api.domain.audit import Action, Deed
from services.api.domain.callers import Caller, caller, caller_by_token
from services.api.domain.failures import Unauthorized
from services.api.domain.keys import digest, is_api_token
from services.api.domain.logins import Come, Knock
from services.api.domain.sessions import End, Session, Stolen, refreshed
from services.api.domain.users import Tokens, TokenUse, User
from services.api.handlers.doors import let_in, welcome
from services.api.ports import Ports, Store
from shared.runtime.logs import facts

log = logging.getLogger(__name__)


async def log_in(
    ports: Ports, email: str, password: str, address: str, request_id: str | None = None
) -> Tokens:
    """``address``: where the caller is. Raises Unauthorized, the same for an unknown user and a
    wrong password, and TooManyTries, the same for an unknown user and a known one."""
    knock = Knock.of(email, address)
    # One after the other: tries with the right password, a dozen at the same time, are taken back
    # before the next is counted.
    async with ports.login_turns.of(knock.here):
        user, come = await _recognised(ports, knock, email, password)
        async with ports.transactions.begin() as store:
            await welcome(ports, store, knock, come)
            return await begin_session(ports, store, user, address, request_id)


async def begin_session(
    ports: Ports, store: Store, user: User, address: str, request_id: str | None
) -> Tokens:
    """Raises Unauthorized when the account is closed."""
    if user.closed_at is not None:
        raise Unauthorized("This account is closed.", field="email")
    now = ports.clock.now()
    until = now + ports.tokens.session_ttl
    session = await store.sessions.begin(user.id, address, until, now)
    who = Caller(user.id, address, frozenset(), session_id=session.id, request_id=request_id)
    await store.audit.note(_deed(Action.LOG_IN, session), who, now)
    return ports.tokens.issue(session)


async def refresh(
    ports: Ports, refresh_token: str, address: str, request_id: str | None = None
) -> Tokens:
    """New tokens for a refresh token, which is good once. Raises Unauthorized."""
    claims = ports.tokens.read(refresh_token, TokenUse.REFRESH)
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        session = await store.sessions.get(claims.session_id, lock=True)
        if session is None or not session.is_alive(now):
            raise _over("refresh_token")
        if await store.sessions.user_of(session.id, now) is None:
            raise _over("refresh_token")
        step = refreshed(session, claims.turn, now + ports.tokens.session_ttl, now)
        if not isinstance(step, Stolen):
            await store.sessions.save(step)
            return ports.tokens.issue(step)
        await store.sessions.end(session.id, End.REUSE, now)
        who = Caller(session.user_id, address, frozenset(), request_id=request_id)
        await store.audit.note(_deed(Action.REFRESH_REUSED, session), who, now)
    ids = {"user_id": session.user_id, "session_id": session.id}
    log.warning("A refresh token was used twice", extra=facts("refresh_reused", **ids))
    reason = "This refresh token was used before; log in again."
    raise Unauthorized(reason, field="refresh_token")


async def log_out(ports: Ports, who: Caller) -> None:
    """From now on neither the access token of this session is good, nor its refresh token."""
    if who.session_id is not None:
        async with ports.transactions.begin() as store:
            now = ports.clock.now()
            session = await store.sessions.get(who.session_id, lock=True)
            if session is not None and session.is_alive(now):
                await store.sessions.end(session.id, End.LOGOUT, now)
                await store.audit.note(_deed(Action.LOG_OUT, session), who, now)


async def recognise(ports: Ports, token: str, address: str) -> Caller:
    """Who sends this token, an access token or an API token. Raises Unauthorized."""
    if is_api_token(token):
        return await _recognise_program(ports, token, address)
    claims = ports.tokens.read(token, TokenUse.ACCESS)
    async with ports.transactions.reading() as store:
        user = await store.sessions.user_of(claims.session_id, ports.clock.now())
    if user is None:
        raise _over("Authorization")
    return caller(user, address, claims.session_id)


async def _recognise_program(ports: Ports, token: str, address: str) -> Caller:
    now = ports.clock.now()
    async with ports.transactions.reading() as store:
        found = await store.api_tokens.by_digest(digest(token))
    if found is None:
        raise _not_good("This API token is not known: it was revoked, or there was never one.")
    api_token, user = found
    if api_token.has_expired(now):
        raise _not_good("This API token has expired.")
    ports.token_uses.note(api_token.id, now)
    return caller_by_token(user, address, api_token)


async def sweep_logins(ports: Ports) -> None:
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        await store.logins.forget_what_is_over(now)
        await store.oidc.forget_what_is_over(now)
        await store.sessions.forget_what_is_over(now)
        await store.api_tokens.forget_what_is_over(now - SHOWN_AFTER_EXPIRY)
        await store.mails.forget_what_is_over(now)
        await store.resets.forget_what_is_over(now)
        await store.invitations.forget_what_is_over(now - SHOWN_AFTER_EXPIRY)


async def _recognised(ports: Ports, knock: Knock, email: str, password: str) -> tuple[User, Come]:
    """What is done is the same for an unknown user until the password is right."""
    async with ports.transactions.begin() as store:
        come = await let_in(ports, store, knock)
        user = await store.users.by_email(email)
    password_hash = None if user is None else user.password_hash
    matches = await ports.passwords.matches(password_hash, password)
    if user is None or not matches:
        raise Unauthorized("The e-mail address or the password is wrong.", field="email")
    return user, come


def _deed(action: Action, session: Session) -> Deed:
    return Deed(action, f"users/{session.user_id}", {"session_id": session.id})


def _over(field: str) -> Unauthorized:
    return _not_good("This log-in has ended; log in again.", field)


def _not_good(reason: str, field: str = "Authorization") -> Unauthorized:
    return Unauthorized(reason, field=field, challenge='error="invalid_token"')
