"""The log-ins of one's own: looked at, and ended."""

from services.api.domain.audit import Action, Deed, Fact
from services.api.domain.callers import Caller
from services.api.domain.failures import NotFound
from services.api.domain.paging import Page, from_cursor, page_of, row_id
from services.api.domain.sessions import End, Session
from services.api.ports import Ports, Store


async def list_sessions(ports: Ports, who: Caller, limit: int, cursor: str | None) -> Page[Session]:
    after = from_cursor(cursor, row_id, 0)
    async with ports.transactions.reading() as store:
        found = await store.sessions.alive(who.user_id, ports.clock.now(), after, limit + 1)
    return page_of(found, limit, lambda session: session.id)


async def end_session(ports: Ports, session_id: int, who: Caller) -> None:
    """Raises NotFound for one of somebody else, and for one that has ended."""
    now = ports.clock.now()
    async with ports.transactions.begin() as store:
        session = await store.sessions.get(session_id, lock=True)
        if session is None or session.user_id != who.user_id or not session.is_alive(now):
            raise NotFound("session", session_id)
        why = End.LOGOUT if session_id == who.session_id else End.ELSEWHERE
        await store.sessions.end(session_id, why, now)
        await _note(ports, store, who, {"session_id": session_id})


async def end_others(ports: Ports, who: Caller) -> None:
    now = ports.clock.now()
    this = who.need_log_in()
    async with ports.transactions.begin() as store:
        ended = await store.sessions.end_all(who.user_id, End.ELSEWHERE, now, but=this)
        if ended:
            await _note(ports, store, who, {"sessions_ended": ended})


async def _note(ports: Ports, store: Store, who: Caller, what: dict[str, Fact]) -> None:
    deed = Deed(Action.END_SESSIONS, f"users/{who.user_id}", what)
    await store.audit.note(deed, who, ports.clock.now())
