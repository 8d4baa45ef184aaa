"""What the scheduler reads when it builds its copy anew."""

import httpx
import pytest

from services.api.ports import Ports
from shared.contracts.directory import ClientsChanged
from shared.contracts.mailings import MailingChanged
from tests.integration.services.api.conftest import NOW, SERVICE_TOKEN
from tests.integration.services.api.test_clients import make as make_client
from tests.integration.services.api.test_mailings import make

TOKEN = {"Authorization": f"Bearer {SERVICE_TOKEN}"}


async def test_clients_by_id_with_tombstones(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient
) -> None:
    ids = [(await make_client(api, phone=f"7916000000{n}"))["id"] for n in range(3)]
    await api.delete(f"/clients/{ids[1]}")

    async def read(after: int) -> ClientsChanged:
        query = {"after": after, "limit": 2}
        answer = await anonymous.get("/internal/clients", params=query, headers=TOKEN)
        return ClientsChanged.decode(answer.content)

    first, second, third = await read(0), await read(ids[1]), await read(ids[2])
    assert [(one.id, one.revision, one.deleted) for one in first.clients] == [
        (ids[0], 1, False),
        (ids[1], 2, True),
    ]
    assert [one.phone for one in second.clients] == ["79160000002"]
    assert third.clients == ()


async def test_mailings_launched_and_not_finished(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient, ports: Ports
) -> None:
    running, cancelled, finished, paused = [(await make(api))["id"] for _ in range(4)]
    await make(api, draft=True)
    await api.delete(f"/mailings/{cancelled}")
    await api.post(f"/mailings/{paused}/pause")
    async with ports.transactions.begin() as store:
        await store.mailings.started(running, NOW, now=NOW)
        await store.mailings.finished(finished, 1, NOW, now=NOW)
    answer = await anonymous.get("/internal/mailings", headers=TOKEN)
    found = [MailingChanged.model_validate(one) for one in answer.json()]
    assert [(one.mailing_id, one.state, one.revision) for one in found] == [
        (running, "scheduled", 1),
        (cancelled, "cancelled", 2),
        (paused, "paused", 2),
    ]


async def test_what_is_on_its_way_is_called_back_page_by_page(
    api: httpx.AsyncClient, anonymous: httpx.AsyncClient, ports: Ports
) -> None:
    running, cancelled, finished, paused = [(await make(api))["id"] for _ in range(4)]
    await api.delete(f"/mailings/{cancelled}")
    await api.post(f"/mailings/{paused}/pause")
    async with ports.transactions.begin() as store:
        await store.mailings.started(running, NOW, now=NOW)
        await store.mailings.finished(finished, 1, NOW, now=NOW)

    async def recall(after: int) -> list[tuple[int, str, int]]:
        query = {"after": after, "limit": 2}
        answer = await anonymous.post("/internal/mailings/recall", params=query, headers=TOKEN)
        found = [MailingChanged.model_validate(one) for one in answer.json()]
        return [(one.mailing_id, one.state, one.revision) for one in found]

    assert await recall(running - 1) == [(running, "scheduled", 2), (cancelled, "cancelled", 2)]
    assert await recall(cancelled) == [(paused, "paused", 3)]
    assert await recall(paused) == []
    assert (await api.get(f"/mailings/{running}")).json()["state"] == "running"
    query = {"after": running - 1}
    answer = await anonymous.get("/internal/mailings/finished", params=query, headers=TOKEN)
    assert [one["mailing_id"] for one in answer.json()] == [finished]


@pytest.mark.parametrize(
    "path", ["/internal/clients", "/internal/mailings", "/internal/mailings/finished"]
)
async def test_for_services_only(
    anonymous: httpx.AsyncClient, access_token: str, path: str
) -> None:
    for headers in ({}, {"Authorization": f"Bearer {access_token}"}):
        assert (await anonymous.get(path, headers=headers)).status_code == 401
    document = (await anonymous.get("/openapi.json")).json()
    assert path not in document["paths"]
