"""Logging in through an OpenID provider."""

from dataclasses import replace
from hmac import compare_digest

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller
from services.api.domain.failures import NotFound, NotOpen, Unauthorized
from services.api.domain.keys import digest, new_key
from services.api.domain.logins import Come, Knock
from services.api.domain.oidc import (
    CODE_LASTS,
    LOGIN_LASTS,
    Begun,
    Person,
    Returned,
    Secrets,
    Way,
    anew,
    person_of,
    request_to,
    subject_of,
    taken,
    tells_enough,
)
from services.api.domain.sessions import End
from services.api.domain.standing import moved, standing
from services.api.domain.users import NewUser, Tokens, User
from services.api.handlers.auth import begin_session
from services.api.handlers.doors import let_in, take_back
from services.api.handlers.users import shown
from services.api.ports import OpenId, Ports, Store


def provider_here(ports: Ports) -> OpenId:
    """Raises NotFound where none is set up."""
    if ports.oidc is None:
        raise NotFound("OpenID provider", "(API_OIDC_ISSUER)")
    return ports.oidc


async def begin(ports: Ports, way: Way | None, address: str) -> tuple[str, str]:
    """Where to send the browser, and the key to come back with. Each is counted as a try to log
    in until somebody is. Raises NotFound, Unavailable, TooManyTries."""
    oidc, key = provider_here(ports), new_key()
    endpoint = await oidc.provider.authorization_endpoint()
    secrets = Secrets.of(key)
    async with ports.transactions.begin() as store:
        await let_in(ports, store, Knock.at_address(address))
        until = ports.clock.now() + LOGIN_LASTS
        await store.oidc.begin(digest(secrets.state), Begun(way), until)
    return request_to(endpoint, oidc.us, secrets), key


async def finish(
    ports: Ports, key: str, returned: Returned, address: str, request_id: str | None
) -> Tokens | str:
    """Tokens, or the page to go to with a code for them.

    Raises NotFound, Unauthorized, NotOpen, Conflict, Unavailable.
    """
    oidc, secrets = provider_here(ports), Secrets.of(key)
    way = (await _begun(ports, secrets, returned)).way
    code = returned.check(oidc.us)
    person = await _person(ports, oidc, code, secrets)
    async with ports.transactions.begin() as store:
        user = await _user(ports, store, oidc, person, address)
        knock, now = Knock.at_address(address), ports.clock.now()
        await take_back(ports, store, knock, Come(dict.fromkeys(knock.digests, now)))
        if way is None:
            return await begin_session(ports, store, user, address, request_id)
        _check_open(user)
        ours = new_key()
        await store.oidc.put_code(digest(ours), user.id, way, now + CODE_LASTS)
    return way.back(ours)


async def redeem(
    ports: Ports, code: str, verifier: str, address: str, request_id: str | None
) -> Tokens:
    """Tokens for the code that a page was given. Raises NotFound, Unauthorized."""
    provider_here(ports)
    async with ports.transactions.begin() as store:
        found = await store.oidc.take_code(digest(code), ports.clock.now())
    if found is None or not found[1].is_of(verifier):
        raise anew("code", "code")
    async with ports.transactions.begin() as store:
        user = await store.users.by_id(found[0])
        if user is None:
            raise anew("code", "code")
        return await begin_session(ports, store, user, address, request_id)


async def _begun(ports: Ports, secrets: Secrets, returned: Returned) -> Begun:
    """A state that is not of this browser is not used up: it is somebody else's."""
    if not compare_digest(digest(returned.state), digest(secrets.state)):
        raise Unauthorized("This log-in was not begun in this browser.", field="state")
    async with ports.transactions.begin() as store:
        found = await store.oidc.take(digest(secrets.state), ports.clock.now())
    if found is None:
        raise anew("log-in", "state")
    return found


async def _person(ports: Ports, oidc: OpenId, code: str, secrets: Secrets) -> Person:
    vouched = await oidc.provider.redeem(code, secrets.verifier)
    subject = subject_of(vouched.claims, oidc.us, secrets.nonce, ports.clock.now())
    claims = vouched.claims
    if not tells_enough(claims, oidc.us):
        more = await oidc.provider.about(vouched.access_token)
        if more.get("sub") == subject:
            claims = {**more, **claims}
    return person_of(claims, subject, oidc.us)


async def _user(ports: Ports, store: Store, oidc: OpenId, person: Person, address: str) -> User:
    known = await store.oidc.user_of(person.issuer, person.subject)
    if known is not None:
        user = await store.users.by_id(known, lock=True)
        if user is None:
            raise anew("log-in", "state")
        return await _moved(ports, store, oidc, person, user, address)
    holder = await store.users.by_email(person.email)
    if holder is None:
        return await _join(ports, store, oidc, person, address)
    if not oidc.rules.links:
        raise taken()
    linked = await _link(ports, store, person, holder, address)
    return await _moved(ports, store, oidc, person, linked, address)


async def _moved(
    ports: Ports, store: Store, oidc: OpenId, person: Person, before: User, address: str
) -> User:
    _check_open(before)
    after = moved(
        before, standing(oidc.rules, person.groups, before), await store.users.open_admins()
    )
    if after != before:
        await store.users.save(after)
        change: dict[str, Fact] = {"before": shown(before), "after": shown(after)}
        await _note(ports, store, Action.CHANGE_USER, after, change, address)
    return after


async def _join(ports: Ports, store: Store, oidc: OpenId, person: Person, address: str) -> User:
    to = standing(oidc.rules, person.groups, None)
    if not oidc.rules.joins:
        raise NotOpen("You have no account here; ask an administrator.")
    now = ports.clock.now()
    new = NewUser(person.email, None, to.role, may_launch=to.may_launch)
    user = await store.users.add(new, now)
    if user is None:  # at the same moment somebody else has taken the address
        raise taken()
    await store.oidc.link(person.issuer, person.subject, user.id, now)
    by: dict[str, Fact] = {"role": user.role, "may_launch": user.may_launch}
    facts = by | {"issuer": person.issuer}
    await _note(ports, store, Action.REGISTER, user, facts, address)
    return user


async def _link(ports: Ports, store: Store, person: Person, holder: User, address: str) -> User:
    """Whoever knew the password need not be the one whom the provider vouches for: perhaps they
    registered with an address that was not theirs. They have nothing of it from now on."""
    now = ports.clock.now()
    user = await store.users.by_id(holder.id, lock=True)
    if user is None:
        raise anew("log-in", "state")
    _check_open(user)
    linked = replace(user, password_hash=None)
    await store.users.save(linked)
    await store.oidc.link(person.issuer, person.subject, user.id, now)
    ended = await store.sessions.end_all(user.id, End.USER, now)
    await store.api_tokens.remove_all(user.id)
    what: dict[str, Fact] = {"issuer": person.issuer, "sessions_ended": ended}
    await _note(ports, store, Action.LINK_USER, user, what, address)
    return linked


async def _note(
    ports: Ports, store: Store, action: Action, user: User, what: dict[str, Fact], address: str
) -> None:
    who = Caller(user.id, address, frozenset())
    await store.audit.note(Deed(action, f"users/{user.id}", what), who, ports.clock.now())


def _check_open(user: User) -> None:
    if user.closed_at is not None:
        raise Unauthorized("This account is closed.", field="email")
