"""Clients over REST, and what the others are told about them."""

from typing import Any

import httpx
import pytest

from shared.contracts.directory import ClientsChanged, ClientState
from shared.contracts.gates import Gate, GatesChanged
from tests.integration.services.api.conftest import Outbox

ANN = {
    "phone": "79161234567",
    "timezone": "europe/moscow",
    "tags": ["vip", " new "],
    "email": "ann@example.com",
    "name": "Ann",
    "attributes": {"city": "Moscow", "age": 30},
}


async def make(api: httpx.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/clients", json={"phone": "79161234567", "timezone": "UTC"} | fields)
    assert answer.status_code == 201, answer.text
    client: dict[str, Any] = answer.json()
    return client


async def test_a_client_is_added_and_told_about(api: httpx.AsyncClient, outbox: Outbox) -> None:
    answer = await api.post("/clients", json=ANN)
    client = answer.json()
    assert answer.headers["location"] == f"/api/v1/clients/{client['id']}"
    assert client == {
        "id": client["id"],
        "revision": 1,
        "phone": "79161234567",
        "operator_code": "916",
        "timezone": "Europe/Moscow",
        "tags": ["vip", "new"],
        "email": "ann@example.com",
        "name": "Ann",
        "attributes": {"city": "Moscow", "age": 30},
        "blocked": False,
        "timezone_guessed": False,
        "created_at": "2026-11-21T12:00:00Z",
        "updated_at": "2026-11-21T12:00:00Z",
    }
    assert (await api.get(f"/clients/{client['id']}")).json() == client
    assert await outbox() == [
        ClientsChanged(
            clients=(
                ClientState(
                    id=client["id"],
                    revision=1,
                    phone="79161234567",
                    operator_code="916",
                    timezone="Europe/Moscow",
                    tags=("vip", "new"),
                    email="ann@example.com",
                    name="Ann",
                    attributes={"city": "Moscow", "age": 30},
                ),
            )
        )
    ]
    assert [tag["name"] for tag in (await api.get("/tags")).json()["items"]] == ["new", "vip"]


async def test_a_phone_belongs_to_one(api: httpx.AsyncClient, outbox: Outbox) -> None:
    first = await make(api)
    await outbox()
    for spelling in (ANN["phone"], "+7 (916) 123-45-67"):
        answer = await api.post("/clients", json=ANN | {"phone": spelling})
        assert answer.status_code == 409
        [error] = answer.json()["errors"]
        reason = f"Client {first['id']} has this phone already."
        assert error == {"field": "phone", "reason": reason}
    assert await outbox() == []


async def test_a_phone_can_be_taken_over_from_the_deleted(api: httpx.AsyncClient) -> None:
    first = await make(api)
    await api.delete(f"/clients/{first['id']}")
    assert (await make(api))["id"] != first["id"]


async def test_nobody_moves_to_a_phone_that_is_taken(api: httpx.AsyncClient) -> None:
    first, second = await make(api), await make(api, phone="79160000000")
    answer = await api.patch(f"/clients/{second['id']}", json={"phone": first["phone"]})
    assert answer.status_code == 409
    assert f"Client {first['id']} " in answer.json()["errors"][0]["reason"]


async def test_who_comes_second_by_a_moment_is_told_who_was_first(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the phone was given to somebody behind the look at who has it."""

    async def too_early(*_: object) -> None:
        return

    first, second = await make(api), await make(api, phone="79160000000")
    monkeypatch.setattr("services.api.handlers.clients._check_phone", too_early)
    body = {"phone": first["phone"], "timezone": "UTC"}
    for method in ("PUT", "PATCH"):
        answer = await api.request(method, f"/clients/{second['id']}", json=body)
        assert answer.status_code == 409
        assert answer.json()["errors"][0]["reason"].startswith(f"Client {first['id']} ")


async def test_put_replaces_and_clears_what_is_not_given(
    api: httpx.AsyncClient, outbox: Outbox
) -> None:
    client = await make(api, **(ANN | {"operator_code": "495"}))
    await outbox()
    body = {"phone": "79161234567", "timezone": "Europe/Moscow"}
    after = (await api.put(f"/clients/{client['id']}", json=body)).json()
    assert (after["revision"], after["tags"], after["email"]) == (2, [], None)
    assert (after["operator_code"], after["attributes"]) == ("916", {})
    gates, news = await outbox()
    assert isinstance(gates, GatesChanged)  # the e-mail address changed
    assert isinstance(news, ClientsChanged)


async def test_patch_changes_what_is_given(api: httpx.AsyncClient, outbox: Outbox) -> None:
    client = await make(api, **ANN)
    await outbox()
    after = (await api.patch(f"/clients/{client['id']}", json={"name": None, "tags": ["x"]})).json()
    assert after == client | {"revision": 2, "name": None, "tags": ["x"]}
    [news] = await outbox()
    assert isinstance(news, ClientsChanged)


@pytest.mark.parametrize("body", [{}, {"timezone": "UTC+0"}, {"tags": []}, {"name": None}])
async def test_no_change_spends_no_revision(
    api: httpx.AsyncClient, outbox: Outbox, body: dict[str, Any]
) -> None:
    client = await make(api)
    await outbox()
    assert (await api.patch(f"/clients/{client['id']}", json=body)).json() == client
    assert await outbox() == []


@pytest.mark.parametrize(
    "change", [{"timezone": "Asia/Omsk"}, {"phone": "79990000000"}, {"email": "new@example.com"}]
)
async def test_what_is_under_way_to_an_old_contact_is_stopped(
    api: httpx.AsyncClient, outbox: Outbox, change: dict[str, str]
) -> None:
    client = await make(api)
    await outbox()
    await api.patch(f"/clients/{client['id']}", json=change)
    gates, _ = await outbox()
    gate = Gate(kind="client", id=client["id"], revision=2, closed=False)
    assert gates == GatesChanged(gates=(gate,))


async def test_the_operator_code_follows_the_phone_unless_it_was_chosen(
    api: httpx.AsyncClient,
) -> None:
    one, other = await make(api), await make(api, phone="79160000000", operator_code="495")
    moved = await api.patch(f"/clients/{one['id']}", json={"phone": "79251234567"})
    assert moved.json()["operator_code"] == "925"
    moved = await api.patch(f"/clients/{other['id']}", json={"phone": "79250000000"})
    assert moved.json()["operator_code"] == "495"


async def test_deleting_wipes_everything_personal(api: httpx.AsyncClient, outbox: Outbox) -> None:
    client = await make(api, **ANN)
    await outbox()
    path = f"/clients/{client['id']}"
    assert (await api.delete(path)).status_code == 204
    for method in ("GET", "DELETE", "PATCH"):
        assert (await api.request(method, path, json={})).status_code == 404
    assert await outbox() == [
        GatesChanged(gates=(Gate(kind="client", id=client["id"], revision=2, closed=True),)),
        ClientsChanged(clients=(ClientState(id=client["id"], revision=2, deleted=True),)),
    ]


async def names(api: httpx.AsyncClient, **query: Any) -> list[str]:
    answer = await api.get("/clients", params=query)
    assert answer.status_code == 200, answer.text
    return [client["name"] for client in answer.json()["items"]]


async def test_filters_must_all_match(api: httpx.AsyncClient) -> None:
    await make(api, name="a", tags=["x", "y"], timezone="Asia/Omsk")
    await make(api, name="b", phone="8 (925) 000-00-00", tags=["x"])
    await make(api, name="c", phone="79250000001", timezone="Asia/Omsk")
    assert await names(api) == ["a", "b", "c"]
    for spelling in ("79250000000", "+7 925 000-00-00"):
        assert await names(api, phone=spelling) == ["b"]
    assert await names(api, tag="x") == ["a", "b"]
    assert await names(api, tag="nobody") == []
    assert await names(api, operator_code="925") == ["b", "c"]
    assert await names(api, timezone="asia/omsk") == ["a", "c"]
    assert await names(api, timezone="Asia/Omsk", tag="x") == ["a"]


async def test_pages_follow_one_another_whatever_is_deleted(api: httpx.AsyncClient) -> None:
    made = [await make(api, phone=f"7916000000{n}", name=str(n)) for n in range(5)]
    page = (await api.get("/clients", params={"limit": 2})).json()
    assert [client["name"] for client in page["items"]] == ["0", "1"]
    await api.delete(f"/clients/{made[1]['id']}")
    page = (await api.get("/clients", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [client["name"] for client in page["items"]] == ["2", "3"]
    page = (await api.get("/clients", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [client["name"] for client in page["items"]] == ["4"]
    assert page["next_cursor"] is None


PLACE, MOBILE = "74951234567", "79161234567"


async def test_a_zone_is_guessed_by_whoever_asks_for_it(api: httpx.AsyncClient) -> None:
    missing = await api.post("/clients", json={"phone": PLACE})
    assert missing.status_code == 422
    [error] = missing.json()["errors"]
    assert (error["field"], "guess_timezone" in error["reason"]) == ("timezone", True)
    unsure = await api.post("/clients", json={"phone": MOBILE, "guess_timezone": True})
    assert [one["field"] for one in unsure.json()["errors"]] == ["timezone"]
    client = await make(api, phone=PLACE, timezone=None, guess_timezone=True)
    assert (client["timezone"], client["timezone_guessed"]) == ("Europe/Moscow", True)


async def test_a_guess_is_one_until_somebody_says_the_zone(api: httpx.AsyncClient) -> None:
    client = await make(api, phone=PLACE, timezone=None, guess_timezone=True)
    path = f"/clients/{client['id']}"

    async def change(method: str, **body: Any) -> tuple[str, bool]:
        answer = await api.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["timezone"], answer.json()["timezone_guessed"]

    assert await change("PATCH", name="Ann") == ("Europe/Moscow", True)
    moved = {"phone": "73831234567"}
    assert await change("PATCH", **moved) == ("Europe/Moscow", True)
    assert await change("PATCH", guess_timezone=True) == ("Asia/Novosibirsk", True)
    assert await change("PUT", phone=PLACE, guess_timezone=True) == ("Europe/Moscow", True)
    assert await change("PATCH", timezone="Europe/Moscow") == ("Europe/Moscow", False)
    assert await change("PATCH", **moved, guess_timezone=True) == ("Europe/Moscow", False)
    assert await change("PUT", **moved, guess_timezone=True) == ("Europe/Moscow", False)
    assert await change("PUT", **moved, timezone="UTC", guess_timezone=True) == ("UTC", False)
    assert (await api.get(path)).json()["revision"] == 8
