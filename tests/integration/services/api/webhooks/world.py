"""What tests of webhooks do: subscribe, tell of ends, send what is due, read the log."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx

from services.api.adapters.courier import HttpCourier
from services.api.handlers import hook_sending
from services.api.ports import Ports
from shared.contracts.delivery import DeliveryEvent, DeliveryEvents, Kind
from tests.integration.services.api.conftest import NOW, FakeClock

Json = dict[str, Any]
LogIn = Callable[[], Awaitable[httpx.AsyncClient]]

HERE = (ip_network("127.0.0.0/8"),)
SOON = timedelta(seconds=1)


async def subscribe(api: httpx.AsyncClient, url: str, *events: str, **limits: Any) -> Json:
    body = {"name": "CRM", "url": url, "events": list(events), **limits}
    answer = await api.post("/webhooks", json=body)
    assert answer.status_code == 201, answer.text
    made: Json = answer.json()
    return made


async def send_all(ports: Ports, courier: HttpCourier, clock: FakeClock) -> int:
    """What is due, a second later; how many requests that were."""
    clock.forward(SOON)
    requests = 0
    for webhook_id in await hook_sending.with_something_due(ports):
        while await hook_sending.send_next(ports, courier, webhook_id) is not None:
            requests += 1
    return requests


async def log_of(api: httpx.AsyncClient, webhook: Json, **query: Any) -> list[Json]:
    answer = await api.get(f"/webhooks/{webhook['id']}/deliveries", params=query)
    items: list[Json] = answer.json()["items"]
    return items


def ended(kind: Kind, *ids: int, mailing_id: int = 7, after: timedelta = SOON) -> DeliveryEvents:
    events = tuple(
        DeliveryEvent(id_, mailing_id, 5, "UTC", 1, kind, NOW + after, 1, reason="Rejected")
        for id_ in ids
    )
    return DeliveryEvents(kind=kind, events=events)


def as_text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
