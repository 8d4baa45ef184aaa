"""Lists: what they are filtered by, in which order they come, page by page."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.integration.services.api.conftest import NOW, FakeClock

MAILING = {
    "text": "Hello",
    "starts_at": "2026-12-01T10:00:00Z",
    "ends_at": "2026-12-02T10:00:00Z",
}


@pytest.fixture
async def three(api: httpx.AsyncClient, clock: FakeClock) -> list[int]:
    """Made a minute apart; the first was changed last."""
    ids = []
    for name in ("Spring sale", "Spring 100%", "Summer"):
        ids.append((await api.post("/mailings", json=MAILING | {"name": name})).json()["id"])
        clock.forward(timedelta(minutes=1))
    await api.patch(f"/mailings/{ids[0]}", json={"text": "Hi"})
    return ids


async def listed(api: httpx.AsyncClient, path: str, **query: Any) -> list[Any]:
    """All of it, two at a time."""
    items: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await api.get(path, params={**query, "limit": 2, **cursor})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        if answer.json()["next_cursor"] is None:
            return items
        cursor = {"cursor": answer.json()["next_cursor"]}


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (None, [2, 1, 0]),
        ("id", [0, 1, 2]),
        ("-id", [2, 1, 0]),
        ("created_at", [0, 1, 2]),
        ("-created_at", [2, 1, 0]),
        ("updated_at", [1, 2, 0]),
        ("-updated_at", [0, 2, 1]),
    ],
)
async def test_mailings_in_order(
    api: httpx.AsyncClient, three: list[int], sort: str | None, order: list[int]
) -> None:
    query = {} if sort is None else {"sort": sort}
    found = [one["id"] for one in await listed(api, "/mailings", **query)]
    assert found == [three[place] for place in order]


async def test_mailings_of_one_instant_all_come(api: httpx.AsyncClient) -> None:
    ids = [(await api.post("/mailings", json=MAILING)).json()["id"] for _ in range(5)]
    for sort, wanted in (("updated_at", ids), ("-updated_at", ids[::-1])):
        assert [one["id"] for one in await listed(api, "/mailings", sort=sort)] == wanted


async def test_a_cursor_is_of_its_order(api: httpx.AsyncClient, three: list[int]) -> None:
    first = await api.get("/mailings?sort=updated_at&limit=1")
    for sort in ("-updated_at", "created_at", "id", "-id"):
        query = {"sort": sort, "cursor": first.json()["next_cursor"]}
        answer = await api.get("/mailings", params=query)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]


async def test_many_clients_of_one_instant_all_come(api: httpx.AsyncClient) -> None:
    ids = []
    for number in range(5):
        body = {"phone": f"7916000000{number}", "timezone": "UTC"}
        ids.append((await api.post("/clients", json=body)).json()["id"])
    for sort, wanted in (("updated_at", ids), ("-updated_at", ids[::-1])):
        assert [one["id"] for one in await listed(api, "/clients", sort=sort)] == wanted


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "spring"}, [1, 0]),
        ({"name": "100%"}, [1]),
        ({"name": "%"}, [1]),
        ({"channel": "sms"}, [2, 1, 0]),
        ({"channel": "mail"}, []),
        ({"created_from": (NOW + timedelta(minutes=1)).isoformat()}, [2, 1]),
        ({"created_to": (NOW + timedelta(minutes=1)).isoformat()}, [0]),
        ({"name": "s", "created_from": (NOW + timedelta(minutes=2)).isoformat()}, [2]),
    ],
)
async def test_mailings_that_match(
    api: httpx.AsyncClient, three: list[int], query: dict[str, str], found: list[int]
) -> None:
    ids = [one["id"] for one in await listed(api, "/mailings", **query)]
    assert ids == [three[place] for place in found]


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (None, [0, 1, 2]),
        ("id", [0, 1, 2]),
        ("-id", [2, 1, 0]),
        ("updated_at", [1, 2, 0]),
        ("-updated_at", [0, 2, 1]),
    ],
)
async def test_clients_in_order(
    api: httpx.AsyncClient, clock: FakeClock, sort: str | None, order: list[int]
) -> None:
    """Each a minute after the other; the first was changed last, and another is deleted."""
    ids = []
    for number in range(4):
        body = {"phone": f"7916000000{number}", "timezone": "UTC", "tags": ["vip"]}
        ids.append((await api.post("/clients", json=body)).json()["id"])
        clock.forward(timedelta(minutes=1))
    await api.patch(f"/clients/{ids[0]}", json={"name": "Ann"})
    await api.delete(f"/clients/{ids[3]}")
    query = {} if sort is None else {"sort": sort}
    for filters in ({}, {"tag": "vip"}):
        found = [one["id"] for one in await listed(api, "/clients", **query, **filters)]
        assert found == [ids[place] for place in order]


async def test_tags_that_begin_so(api: httpx.AsyncClient) -> None:
    for name in ("vip", "vip-old", "v%", "new", "VIP"):
        await api.post("/tags", json={"name": name})

    async def named(prefix: str) -> list[str]:
        return [one["name"] for one in await listed(api, "/tags", prefix=prefix)]

    assert await named("vip") == ["vip", "vip-old"]
    assert await named("v") == ["v%", "vip", "vip-old"]
    assert await named("v%") == ["v%"]
    assert await named("x") == []


async def test_deeds_that_match(api: httpx.AsyncClient, clock: FakeClock) -> None:
    first = (await api.post("/departments", json={"name": "Sales"})).json()["id"]
    clock.forward(timedelta(minutes=1))
    await api.post("/departments", json={"name": "Support"})
    await api.patch(f"/departments/{first}", json={"name": "Shop"})

    async def count(**query: Any) -> int:
        return len(await listed(api, "/audit", **query))

    assert await count() == 3
    assert await count(action="departments.add") == 2
    assert await count(subject=f"departments/{first}") == 2
    assert await count(subject=f"departments/{first}", action="departments.change") == 1
    assert await count(**{"from": (NOW + timedelta(minutes=1)).isoformat()}) == 2
    assert await count(to=(NOW + timedelta(minutes=1)).isoformat()) == 1
    me = (await api.get("/auth/me")).json()["id"]
    assert await count(user_id=me) == 3
    assert await count(user_id=me + 1) == 0
