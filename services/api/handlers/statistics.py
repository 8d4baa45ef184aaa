"""Statistics: the counts are the stats service's, the names are ours."""

from collections.abc import Mapping
from typing import Any

from services.api.domain.callers import EVERYTHING, Scope
from services.api.domain.mailings import Mailing, MailingFilter
from services.api.handlers.mailings import get_mailing, list_mailings
from services.api.ports import Ports
from shared.contracts.statuses import Status

# Asked of stats at once: all of them stand in the address of the request.
_MAILINGS_AT_ONCE = 500


async def mailing_statistics(ports: Ports, mailing_id: int, scope: Scope) -> bytes:
    """JSON: the state, and behind it what stats says, as it came. Raises NotFound, Unavailable."""
    mailing = await get_mailing(ports, mailing_id, scope)
    books = await ports.statistics.books(mailing_id)
    return b'{"state":"%b",%b' % (mailing.state.encode(), books.removeprefix(b"{"))


async def mailing_messages(
    ports: Ports,
    mailing_id: int,
    scope: Scope,
    status: Status | None,
    limit: int,
    cursor: str | None,
) -> dict[str, Any]:
    """Raises NotFound, Invalid, Unavailable."""
    await get_mailing(ports, mailing_id, scope)
    page = await ports.statistics.messages(mailing_id, status, limit, cursor)
    async with ports.transactions.reading() as store:
        contacts = await store.clients.contacts({one["client_id"] for one in page["items"]})
    return page | {"items": [_named(one, contacts) for one in page["items"]]}


async def all_statistics(
    ports: Ports, scope: Scope, limit: int, cursor: str | None
) -> dict[str, Any]:
    """A page of mailings, newest first, and the total over all that the scope includes.

    Raises Invalid, Unavailable."""
    page = await list_mailings(ports, MailingFilter(scope), limit, cursor)
    answer = await ports.statistics.of_mailings([mailing.id for mailing in page.items])
    counts = {one["mailing_id"]: one for one in answer["items"]}
    return {
        "items": [_counted(mailing, counts) for mailing in page.items],
        "total": await _total(ports, scope, answer["total"]),
        "next_cursor": page.next_cursor,
    }


async def _total(ports: Ports, scope: Scope, everybodys: dict[str, Any]) -> dict[str, Any]:
    """Stats knows no departments: of a part it is asked mailing by mailing, deleted ones too."""
    if scope == EVERYTHING:
        return everybodys
    async with ports.transactions.reading() as store:
        ids = await store.mailings.ids(scope)
    books: list[dict[str, Any]] = []
    for start in range(0, len(ids), _MAILINGS_AT_ONCE):
        part = await ports.statistics.of_mailings(ids[start : start + _MAILINGS_AT_ONCE])
        books += part["items"]
    by_status = {status: sum(one["by_status"][status] for one in books) for status in Status}
    return {"audience": sum(one["audience"] for one in books), "by_status": by_status}


def _named(
    message: dict[str, Any], contacts: Mapping[int, tuple[str, str | None]]
) -> dict[str, Any]:
    """With the client's phone and name; without, when the client is deleted."""
    phone, name = contacts.get(message["client_id"], (None, None))
    return message | {"phone": phone, "name": name}


def _counted(mailing: Mailing, counts: Mapping[int, dict[str, Any]]) -> dict[str, Any]:
    none = {
        "audience": 0,
        "by_status": {status.value: 0 for status in Status},
        "first_sent_at": None,
        "last_sent_at": None,
    }
    known = {"mailing_id": mailing.id, "name": mailing.name, "state": mailing.state}
    return known | none | counts.get(mailing.id, {})
