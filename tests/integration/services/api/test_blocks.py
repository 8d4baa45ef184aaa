"""Blocks: who has one is told of everywhere as blocked, whatever else changes about them."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.api.handlers.clients import client_states
from services.api.ports import Ports
from shared.contracts.base import Message
from shared.contracts.directory import ClientsChanged
from shared.contracts.gates import Gate, GatesChanged
from tests.integration.services.api.conftest import Outbox, RunImports
from tests.integration.services.api.test_dead_letters import starting

PHONE = "79161234567"
ANN = {"phone": PHONE, "timezone": "Europe/Moscow", "name": "Ann"}
CSV = {"Content-Type": "text/csv"}


async def added(api: httpx.AsyncClient, **changes: Any) -> int:
    return int((await api.post("/clients", json=ANN | changes)).json()["id"])


async def blocked(api: httpx.AsyncClient, client: int, **facts: Any) -> int:
    answer = await api.post("/policies/blocks", json={"client_id": client} | facts)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def told(messages: list[Message]) -> list[tuple[int, bool]]:
    """Of the clients that were told of: their revisions, and whether they are blocked."""
    events = [one for one in messages if isinstance(one, ClientsChanged)]
    return [(client.revision, client.blocked) for event in events for client in event.clients]


def gates(messages: list[Message]) -> list[Gate]:
    return [gate for one in messages if isinstance(one, GatesChanged) for gate in one.gates]


async def test_a_block_is_made_shown_and_lifted(api: httpx.AsyncClient, outbox: Outbox) -> None:
    client = await added(api)
    await outbox()
    answer = await api.post("/policies/blocks", json={"client_id": client, "reason": "Asked."})
    block = answer.json()
    assert (answer.status_code, block["source"], block["reason"]) == (201, "person", "Asked.")
    assert answer.headers["location"].endswith(f"/policies/blocks/{block['id']}")
    assert (await api.get(f"/policies/blocks/{block['id']}")).json() == block
    shown = (await api.get(f"/clients/{client}")).json()
    assert (shown["blocked"], shown["revision"]) == (True, 2)
    messages = await outbox()
    assert told(messages) == [(2, True)]
    assert gates(messages) == [Gate(kind="client", id=client, revision=2, closed=True)]
    assert (await api.delete(f"/policies/blocks/{block['id']}")).status_code == 204
    assert (await api.get(f"/clients/{client}")).json()["blocked"] is False
    messages = await outbox()
    assert told(messages) == [(3, False)]
    assert gates(messages) == [Gate(kind="client", id=client, revision=3, closed=False)]
    for path in (f"/policies/blocks/{block['id']}", f"/policies/blocks/{block['id'] + 1}"):
        assert (await api.delete(path)).status_code == 404
    deeds = (await api.get("/audit", params={"subject": f"clients/{client}"})).json()["items"]
    facts = {"block": block["id"], "source": "person"}
    assert [(one["action"], one["facts"]) for one in deeds[:2]] == [
        ("clients.lift_block", facts),
        ("clients.block", facts),
    ]


async def test_nobody_is_blocked_twice_nor_who_is_not_there(api: httpx.AsyncClient) -> None:
    client = await added(api)
    await blocked(api, client)
    again = await api.post("/policies/blocks", json={"client_id": client})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "client_id")
    nobody = await api.post("/policies/blocks", json={"client_id": client + 1})
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (422, "client_id")
    assert (await api.get(f"/clients/{client}")).json()["revision"] == 2


async def test_blocks_are_listed_newest_first(api: httpx.AsyncClient) -> None:
    clients = [await added(api, phone=f"7916123450{n}") for n in range(3)]
    ids = [await blocked(api, client) for client in clients]
    first = (await api.get("/policies/blocks", params={"limit": 2})).json()
    assert [one["id"] for one in first["items"]] == [ids[2], ids[1]]
    rest = {"limit": 2, "cursor": first["next_cursor"]}
    assert [
        one["id"] for one in (await api.get("/policies/blocks", params=rest)).json()["items"]
    ] == [ids[0]]
    wanted: tuple[tuple[dict[str, Any], list[int]], ...] = (
        ({"client_id": clients[1]}, [ids[1]]),
        ({"source": "stop"}, []),
        ({"client_id": clients[0], "source": "person"}, [ids[0]]),
    )
    for query, found in wanted:
        page = (await api.get("/policies/blocks", params=query)).json()
        assert [one["id"] for one in page["items"]] == found


async def _patch(api: httpx.AsyncClient, client: int, _: RunImports) -> None:
    assert (await api.patch(f"/clients/{client}", json={"name": "Bob"})).is_success


async def _put(api: httpx.AsyncClient, client: int, _: RunImports) -> None:
    other = ANN | {"phone": "79161234568"}
    assert (await api.put(f"/clients/{client}", json=other)).is_success


async def _import(api: httpx.AsyncClient, _: int, run_imports: RunImports) -> None:
    rows = f"phone,timezone,name\n{PHONE},Asia/Omsk,Bob\n"
    assert (await api.post("/clients/import", content=rows, headers=CSV)).is_success
    await run_imports()


async def _untag(api: httpx.AsyncClient, _: int, __: RunImports) -> None:
    assert (await api.delete("/tags/vip")).is_success


@pytest.mark.parametrize("change", [_patch, _put, _import, _untag])
async def test_whatever_else_changes_a_block_stays(
    api: httpx.AsyncClient,
    outbox: Outbox,
    run_imports: RunImports,
    change: Callable[[httpx.AsyncClient, int, RunImports], Awaitable[None]],
) -> None:
    client = await added(api, tags=["vip"])
    await blocked(api, client)
    await outbox()
    await change(api, client, run_imports)
    shown = (await api.get(f"/clients/{client}")).json()
    assert (shown["blocked"], shown["revision"]) == (True, 3)
    messages = await outbox()
    assert told(messages) == [(3, True)]
    assert all(gate.closed for gate in gates(messages)), "another number opens no gate"


async def test_a_copy_that_is_built_anew_knows_who_is_blocked(
    api: httpx.AsyncClient, ports: Ports
) -> None:
    one, other = await added(api), await added(api, phone="79161234568")
    gone = await added(api, phone="79161234569")
    await blocked(api, other)
    await blocked(api, gone)
    await api.delete(f"/clients/{gone}")
    states = (await client_states(ports, one - 1, 10)).clients
    assert [(state.id, state.deleted, state.blocked) for state in states] == [
        (one, False, False),
        (other, False, True),
        (gone, True, False),
    ]


@pytest.mark.parametrize("path", ["", "/erase"])
async def test_a_block_goes_with_its_client_and_the_phone_comes_again_without(
    api: httpx.AsyncClient, path: str
) -> None:
    client = await added(api)
    await blocked(api, client, reason="Asked.")
    data = (await api.get(f"/clients/{client}/data")).json()
    assert [one["reason"] for one in data["blocks"]] == ["Asked."]
    method = "POST" if path else "DELETE"
    assert (await api.request(method, f"/clients/{client}{path}")).is_success
    assert (await api.get("/policies/blocks")).json()["items"] == []
    again = await added(api)
    assert (await api.get(f"/clients/{again}")).json()["blocked"] is False


async def test_no_test_message_goes_to_a_number_that_is_blocked(api: httpx.AsyncClient) -> None:
    mailing = (await api.post("/mailings", json=starting(draft=True))).json()["id"]
    client = await added(api)
    await blocked(api, client)
    phones = {"phones": ["79167654321", PHONE]}
    refused = await api.post(f"/mailings/{mailing}/test-send", json=phones)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error == {"field": "phones.1", "reason": f"Client {client} is blocked."}
