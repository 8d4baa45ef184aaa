"""Clients and mailings for tests, valid unless told otherwise."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.directory import ClientsChanged, ClientState
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
