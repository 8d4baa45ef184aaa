"""API tokens: made by their user, revoked by them or an administrator."""

from services.api.domain.api_tokens import ApiToken, NewApiToken, check_api_token
from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller
from services.api.domain.failures import NotFound
from services.api.domain.keys import API_TOKEN_PREFIX, digest, new_key
from services.api.domain.paging import Page, from_cursor, page_of, row_id
from services.api.ports import Ports


async def list_tokens(ports: Ports, user_id: int, limit: int, cursor: str | None) -> Page[ApiToken]:
    """Raises NotFound when there is no such user."""
    after = from_cursor(cursor, row_id, 0)
    async with ports.transactions.reading() as store:
        found = await store.api_tokens.page(user_id, after, limit + 1)
        if not found and await store.users.by_id(user_id) is None:
            raise NotFound("user", user_id)
    return page_of(found, limit, lambda token: token.id)


async def make_token(ports: Ports, new: NewApiToken, who: Caller) -> tuple[ApiToken, str]:
    """And its secret, which nobody can be told again. Raises Invalid, Conflict, LogInNeeded."""
    who.need_log_in()
    now = ports.clock.now()
    key = new_key(API_TOKEN_PREFIX)
    async with ports.transactions.begin() as store:
        await store.users.by_id(who.user_id, lock=True)  # so that no two count at a time
        check_api_token(new, who.rights, await store.api_tokens.count(who.user_id), now)
        token = await store.api_tokens.add(who.user_id, new, digest(key), now)
        deed = Deed(Action.ADD_API_TOKEN, _subject(token), _shown(token))
        await store.audit.note(deed, who, now)
    return token, key


async def revoke_token(ports: Ports, user_id: int, token_id: int, who: Caller) -> None:
    """Raises NotFound."""
    async with ports.transactions.begin() as store:
        gone = await store.api_tokens.remove(user_id, token_id)
        if gone is None:
            raise NotFound("token", token_id)
        deed = Deed(Action.REVOKE_API_TOKEN, _subject(gone), _shown(gone))
        await store.audit.note(deed, who, ports.clock.now())


async def write_uses(ports: Ports) -> None:
    uses = ports.token_uses.noted()
    if uses:
        async with ports.transactions.begin() as store:
            await store.api_tokens.mark_used(uses)
        ports.token_uses.forget(uses)


def _subject(token: ApiToken) -> str:
    return f"users/{token.user_id}/tokens/{token.id}"


def _shown(token: ApiToken) -> dict[str, Fact]:
    expires_at = token.expires_at
    return {
        "name": token.name,
        "scopes": [str(scope) for scope in sorted(token.scopes)],
        "expires_at": None if expires_at is None else expires_at.isoformat(),
    }
