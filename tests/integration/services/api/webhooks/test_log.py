"""What is kept of deliveries, sent again, and forgotten."""

from datetime import timedelta

import httpx

from services.api.adapters.courier import HttpCourier
from services.api.domain.retention import Retention
from services.api.handlers.hook_telling import messages_ended
from services.api.handlers.retention import forget_what_is_over
from services.api.ports import Ports
from tests.integration.services.api.conftest import FakeClock
from tests.integration.services.api.webhooks.world import LogIn, ended, log_of, send_all, subscribe
from tests.support.receiver import Receiver


async def test_it_is_tried_out_at_once_even_if_it_rests(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    receiver.status = 500
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    receiver.status = 200
    answer = await api.post(f"/webhooks/{made['id']}/test")
    assert (answer.status_code, answer.json()["types"]) == (202, ["ping"])
    assert await send_all(ports, courier, clock) == 1
    assert receiver.types()[-1] == "ping"


async def test_what_ended_is_sent_again_under_the_same_ids(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1, 2))
    await send_all(ports, courier, clock)
    [delivery] = await log_of(api, made)
    path = f"/webhooks/{made['id']}/deliveries/{delivery['id']}/replay"
    answer = await api.post(path)
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")
    assert (await api.post(path)).status_code == 409
    assert await send_all(ports, courier, clock) == 1
    first, second = receiver.came
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    [delivery] = await log_of(api, made)
    assert (delivery["state"], delivery["replays"], delivery["attempts"]) == ("delivered", 1, 1)
    other = await subscribe(api, receiver.url, "message.sent")
    foreign = f"/webhooks/{other['id']}/deliveries/{delivery['id']}/replay"
    assert (await api.post(foreign)).status_code == 404


async def test_the_log_goes_with_time(
    api: httpx.AsyncClient,
    ports: Ports,
    courier: HttpCourier,
    receiver: Receiver,
    clock: FakeClock,
    again: LogIn,
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    clock.forward(timedelta(days=13))
    await messages_ended(ports, ended("sent", 2))
    receiver.status = 500
    await send_all(ports, courier, clock)
    assert await forget_what_is_over(ports, Retention()) == {}
    clock.forward(timedelta(days=2))
    assert await forget_what_is_over(ports, Retention(webhooks=0)) == {}
    assert await forget_what_is_over(ports, Retention()) == {"webhooks": 1}
    [left] = await log_of(await again(), made)
    assert left["state"] == "pending"


async def test_a_webhook_goes_with_all_that_it_was_told(
    api: httpx.AsyncClient, ports: Ports, courier: HttpCourier, receiver: Receiver, clock: FakeClock
) -> None:
    made = await subscribe(api, receiver.url, "message.sent")
    await messages_ended(ports, ended("sent", 1))
    await send_all(ports, courier, clock)
    await messages_ended(ports, ended("sent", 2))
    assert (await api.delete(f"/webhooks/{made['id']}")).status_code == 204
    assert await send_all(ports, courier, clock) == 0
    assert (await api.get(f"/webhooks/{made['id']}/deliveries")).status_code == 404
