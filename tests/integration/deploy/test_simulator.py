"""The simulator over the loopback interface: each fault as a caller meets it."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from deploy.simulator.provider import Provider
from deploy.simulator.receipts import Receipts
from deploy.simulator.server import running
from services.api.domain.signatures import key_of, new_secret, verify

CALL = {"id": 42, "phone": 79990000001, "text": "Good morning"}


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": "Bearer right"}
    async with (
        running(Provider("right"), "127.0.0.1", 0) as port,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=5.0
        ) as client,
    ):
        yield client


async def misbehave(simulator: httpx.AsyncClient, **faults: Any) -> None:
    (await simulator.put("/control/faults", json=faults)).raise_for_status()


async def send(simulator: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await simulator.post("/v1/send/42", json={**CALL, **changes}, timeout=1.0)


async def books(simulator: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await simulator.get("/control/books")).json()
    return found


async def test_a_proper_call_is_accepted_and_a_repeat_too(simulator: httpx.AsyncClient) -> None:
    for _ in range(2):
        answer = await send(simulator)
        assert (answer.status_code, answer.json()) == (200, {"code": 0, "message": "OK"})

    counted = await books(simulator)
    assert (counted["calls"], counted["distinct"], counted["repeats"]) == (2, 1, 1)
    assert (counted["by_answer"], counted["repeats_after"]) == ({"ok": 2}, {"ok": 1})
    assert counted["in_flight"] == 0


@pytest.mark.parametrize("authorization", ["Bearer wrong", "right", ""])
async def test_a_wrong_token_is_refused(simulator: httpx.AsyncClient, authorization: str) -> None:
    headers = {"Authorization": authorization}

    answer = await simulator.post("/v1/send/42", json=CALL, headers=headers)

    assert answer.status_code == 401
    assert (await books(simulator))["by_answer"] == {"unauthorized": 1}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": 43}, "differs"),
        ({"id": "42"}, "id is not"),
        ({"id": True}, "id is not"),
        ({"phone": "79990000001"}, "phone is not"),
        ({"phone": 2**63}, "phone is not"),
        ({"text": None}, "text is not"),
    ],
)
async def test_a_call_against_the_contract_is_told_why(
    simulator: httpx.AsyncClient, changes: dict[str, Any], reason: str
) -> None:
    answer = await send(simulator, **changes)

    assert answer.status_code == 400
    assert reason in answer.json()["message"]
    assert (await books(simulator))["accepted"] == 0


async def test_a_body_that_is_no_json_is_told_so(simulator: httpx.AsyncClient) -> None:
    assert (await simulator.post("/v1/send/42", content=b"{")).status_code == 400
    assert (await simulator.post("/v1/send/42", json=[1])).status_code == 400


@pytest.mark.parametrize(
    ("faults", "status", "name"),
    [
        ({"error_rate": 1.0}, 500, "error"),
        ({"error_rate": 1.0, "error_status": 502}, 502, "error"),
        ({"throttle_rate": 1.0, "retry_after_s": 3}, 429, "throttled"),
        ({"reject_rate": 1.0}, 200, "rejected"),
        ({"unauthorized": True}, 401, "unauthorized"),
    ],
)
async def test_faults_before_acceptance(
    simulator: httpx.AsyncClient, faults: dict[str, Any], status: int, name: str
) -> None:
    await misbehave(simulator, **faults)

    answer = await send(simulator)

    assert answer.status_code == status
    assert answer.json()["code"] != 0
    assert answer.headers.get("Retry-After") == ("3" if status == 429 else None)
    counted = await books(simulator)
    assert (counted["accepted"], counted["by_answer"]) == (0, {name: 1})


async def test_garbage_comes_after_acceptance(simulator: httpx.AsyncClient) -> None:
    await misbehave(simulator, garbage_rate=1.0)

    answer = await send(simulator)

    assert answer.status_code == 200
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert (await books(simulator))["accepted"] == 1


@pytest.mark.parametrize(
    ("faults", "accepted"),
    [({"drop_rate": 1.0}, 1), ({"drop_before_rate": 1.0}, 0), ({"outage": True}, 0)],
)
async def test_a_cut_connection(
    simulator: httpx.AsyncClient, faults: dict[str, Any], accepted: int
) -> None:
    await misbehave(simulator, **faults)

    with pytest.raises(httpx.TransportError):
        await send(simulator)

    assert (await books(simulator))["accepted"] == accepted


async def test_a_hung_call_is_accepted_and_ends_with_its_caller(
    simulator: httpx.AsyncClient,
) -> None:
    await misbehave(simulator, hang_rate=1.0)

    with pytest.raises(httpx.ReadTimeout):
        await simulator.post("/v1/send/42", json=CALL, timeout=0.2)

    for _ in range(500):
        counted = await books(simulator)
        if not counted["in_flight"]:
            break
        await asyncio.sleep(0.01)
    assert (counted["in_flight"], counted["accepted"]) == (0, 1)


async def test_an_outage_ends_by_itself(simulator: httpx.AsyncClient) -> None:
    await misbehave(simulator, outage_seconds=0.3)
    with pytest.raises(httpx.TransportError):
        await send(simulator)

    async with asyncio.timeout(5):
        while True:
            try:
                assert (await send(simulator)).status_code == 200
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)


async def test_the_rate_limit_lets_through_what_it_says(simulator: httpx.AsyncClient) -> None:
    await misbehave(simulator, rate_limit_per_second=5)

    codes = [(await send(simulator)).status_code for _ in range(8)]

    assert codes[:5] == [200] * 5
    assert 429 in codes[5:]


async def test_latency_is_waited(simulator: httpx.AsyncClient) -> None:
    await misbehave(simulator, latency_ms=150)
    begun = asyncio.get_running_loop().time()

    await send(simulator)

    assert asyncio.get_running_loop().time() - begun >= 0.15


async def test_a_seed_repeats_the_faults(simulator: httpx.AsyncClient) -> None:
    runs = []
    for _ in range(2):
        await misbehave(simulator, error_rate=0.5, seed=7)
        runs.append([(await send(simulator)).status_code for _ in range(20)])

    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 500}


async def test_wrong_faults_change_nothing(simulator: httpx.AsyncClient) -> None:
    await misbehave(simulator, error_rate=0.25)

    answer = await simulator.put("/control/faults", json={"error_rate": 2, "outrage": True})

    assert answer.status_code == 422
    assert {field for problem in answer.json() for field in problem["loc"]} == {
        "error_rate",
        "outrage",
    }
    assert (await simulator.get("/control/faults")).json()["error_rate"] == 0.25


async def test_accepted_messages_are_read_page_by_page(simulator: httpx.AsyncClient) -> None:
    for number in (3, 1, 2):
        await simulator.post(f"/v1/send/{number}", json={**CALL, "id": number})

    first = (await simulator.get("/control/accepted", params={"limit": 2})).json()
    rest = (await simulator.get("/control/accepted", params={"after": first["next_after"]})).json()

    assert [record["id"] for record in first["items"] + rest["items"]] == [3, 1, 2]
    assert rest["next_after"] is None
    assert (await simulator.get("/control/accepted?after=x")).status_code == 422
    assert (await simulator.get("/control/accepted?after=9")).status_code == 404


async def test_reset_forgets_everything(simulator: httpx.AsyncClient) -> None:
    await misbehave(simulator, garbage_rate=1.0)
    await send(simulator)

    assert (await simulator.post("/control/reset")).status_code == 204

    assert (await books(simulator))["calls"] == 0
    assert (await send(simulator)).json()["code"] == 0


async def test_other_paths_are_not_found(simulator: httpx.AsyncClient) -> None:
    assert (await simulator.get("/v1/send/42")).status_code == 404
    assert (await simulator.get("/health/ready")).status_code == 200


@dataclass
class Gateway:
    """Takes what is signed rightly; ``away``: it has other things to do."""

    secret: str = field(default_factory=new_secret)
    away: bool = False
    receipts: list[dict[str, Any]] = field(default_factory=list)
    inbound: list[dict[str, Any]] = field(default_factory=list)

    async def take(self, request: web.BaseRequest) -> web.Response:
        body = await request.read()
        verify(request.headers, [key_of(self.secret)], body, datetime.now(UTC))
        if self.away:
            return web.Response(status=503)
        content = json.loads(body)
        self.receipts += content.get("receipts", [])
        self.inbound += content.get("inbound", [])
        return web.json_response({}, status=202)

    async def has(self, number: int) -> None:
        async with asyncio.timeout(5):
            while len(self.receipts) < number:  # noqa: ASYNC110 - the other end is another task
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def gateway() -> Gateway:
    return Gateway()


@pytest_asyncio.fixture
async def bringing(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    """A simulator that brings receipts to this gateway."""
    headers = {"Authorization": "Bearer right"}
    async with RawTestServer(gateway.take) as server:
        receipts = Receipts(str(server.make_url("/api/v1/receipts/simulator")), gateway.secret)
        provider = Provider("right", receipts=receipts, brings_receipts=True)
        async with (
            running(provider, "127.0.0.1", 0) as port,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client,
        ):
            yield client


async def test_every_acceptance_has_a_receipt(
    bringing: httpx.AsyncClient, gateway: Gateway
) -> None:
    await send(bringing)
    await gateway.has(1)
    await misbehave(bringing, receipts=True, undelivered_rate=1)
    await send(bringing)
    await gateway.has(2)
    first, second = gateway.receipts
    assert (first["message_id"], first["status"]) == (42, "delivered")
    assert (second["status"], second["reason"]) == ("undelivered", "absent_subscriber")
    assert (await bringing.get("/control/receipts")).json() == {"taken": 2, "waiting": 0}


async def test_receipts_are_brought_again_until_they_are_taken(
    bringing: httpx.AsyncClient, gateway: Gateway
) -> None:
    gateway.away = True
    await send(bringing)
    await asyncio.sleep(0.3)
    assert (await bringing.get("/control/receipts")).json() == {"taken": 0, "waiting": 1}
    gateway.away = False
    await gateway.has(1)


async def test_a_client_answers(
    bringing: httpx.AsyncClient, simulator: httpx.AsyncClient, gateway: Gateway
) -> None:
    said = {"phone": 79990000001, "text": "STOP"}
    assert (await bringing.post("/control/inbound", json=said)).json() == {"status": 202}
    [message] = gateway.inbound
    assert message.items() > said.items()
    assert (await bringing.post("/control/inbound", json={"text": "STOP"})).status_code == 422
    assert (await simulator.post("/control/inbound", json=said)).status_code == 409
