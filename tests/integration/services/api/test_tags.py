import httpx
import pytest

from services.api.handlers import tags
from shared.contracts.directory import ClientsChanged
from tests.integration.services.api.conftest import Outbox


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tags, "BATCH", 2)


async def test_a_tag_can_exist_before_anybody_has_it(api: httpx.AsyncClient) -> None:
    answer = await api.post("/tags", json={"name": " vip "})
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/v1/tags/vip"
    tag = (await api.get("/tags/vip")).json()
    assert (tag["name"], tag["clients"]) == ("vip", 0)


async def test_a_tag_is_made_once(api: httpx.AsyncClient) -> None:
    await api.post("/tags", json={"name": "vip"})
    answer = await api.post("/tags", json={"name": "vip"})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "name"


async def test_tags_may_hold_what_paths_mind(api: httpx.AsyncClient) -> None:
    answer = await api.post("/tags", json={"name": "a/b ?&#ё%"})
    path = answer.headers["location"].removeprefix("/api/v1")
    assert (await api.get(path)).json()["name"] == "a/b ?&#ё%"
    assert (await api.delete(path)).status_code == 204


@pytest.mark.usefixtures("small_batches")
async def test_deleting_takes_it_from_every_client_in_batches(
    api: httpx.AsyncClient, outbox: Outbox
) -> None:
    for number in range(5):
        body = {"phone": f"7916000000{number}", "timezone": "UTC", "tags": ["vip", "new"]}
        await api.post("/clients", json=body)
    await outbox()
    assert (await api.get("/tags/vip")).json()["clients"] == 5
    assert (await api.delete("/tags/vip")).status_code == 204
    assert (await api.get("/tags/vip")).status_code == 404
    clients = (await api.get("/clients")).json()["items"]
    assert {(client["revision"], *client["tags"]) for client in clients} == {(2, "new")}
    told = await outbox()
    assert [len(one.clients) for one in told if isinstance(one, ClientsChanged)] == [2, 2, 1]


async def test_deleting_what_is_not_there(api: httpx.AsyncClient) -> None:
    assert (await api.delete("/tags/nobody")).status_code == 404


async def test_tags_come_in_pages_by_name(api: httpx.AsyncClient) -> None:
    for name in ("b", "ё", "a"):
        await api.post("/tags", json={"name": name})
    first = (await api.get("/tags", params={"limit": 2})).json()
    assert [tag["name"] for tag in first["items"]] == ["a", "b"]
    cursor = first["next_cursor"]
    second = (await api.get("/tags", params={"limit": 2, "cursor": cursor})).json()
    assert [tag["name"] for tag in second["items"]] == ["ё"]
    assert second["next_cursor"] is None
