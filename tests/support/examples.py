"""Clients and mailings for tests, valid unless told otherwise."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.directory import ClientKind, ClientsAdded, ClientsChanged, ClientState
from shared.contracts.mailings import FilterSpec, MailingChanged, MailingSpec


def client(number: int, **changes: Any) -> ClientState:
    facts = {
        "id": number,
        "revision": 1,
        "phone": f"79{number:09d}",
        "operator_code": f"9{number % 100:02d}",
        "timezone": "Europe/Moscow",
        "tags": (),
    }
    return ClientState.model_validate(facts | changes)


def clients(numbers: Iterable[int], **changes: Any) -> ClientsChanged:
    return ClientsChanged(clients=tuple(client(number, **changes) for number in numbers))


def added(numbers: Iterable[int], **changes: Any) -> ClientsAdded:
    """The same clients, as an import tells of them."""
    states = clients(numbers, **changes).clients
    kinds = [(one.timezone, one.operator_code, one.tags) for one in states]
    each = list(dict.fromkeys(kinds))
    return ClientsAdded(
        kinds=tuple(ClientKind(timezone=z, operator_code=c, tags=t) for z, c, t in each),
        ids=tuple(one.id for one in states),
        phones=tuple(one.phone for one in states),
        kind_of=tuple(map(each.index, kinds)),
        emails=tuple(one.email for one in states),
        names=tuple(one.name for one in states),
    )


def spec(now: datetime | None = None, **changes: Any) -> MailingSpec:
    """Open now, for an hour."""
    now = now or datetime.now(UTC)
    facts = {
        "text": "The bells ring",
        "starts_at": now - timedelta(minutes=1),
        "ends_at": now + timedelta(hours=1),
        "filter": FilterSpec(),
    }
    return MailingSpec.model_validate(facts | changes)


def mailing(
    number: int, revision: int = 1, state: str = "scheduled", **changes: Any
) -> MailingChanged:
    return MailingChanged.model_validate(
        {
            "mailing_id": number,
            "revision": revision,
            "state": state,
            "changed_at": datetime.now(UTC),
            "spec": spec(**changes),
        }
    )
