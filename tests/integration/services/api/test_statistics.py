from typing import Any

import httpx
import pytest

from services.api.domain.failures import Unavailable
from shared.contracts.statuses import Status
from tests.integration.services.api.conftest import FakeStatistics
from tests.integration.services.api.test_clients import make as make_client
from tests.integration.services.api.test_mailings import make

ZEROS = {status.value: 0 for status in Status}
TOTAL: dict[str, Any] = {"audience": 5, "by_status": ZEROS | {"sent": 5}}


async def test_a_mailing_s_books_get_its_state(
    api: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    mailing = await make(api)
    stats.answer = {"mailing_id": mailing["id"], "audience": 3, "by_status": ZEROS | {"sent": 3}}
    answer = await api.get(f"/mailings/{mailing['id']}/statistics")
    assert answer.json() == stats.answer | {"state": "scheduled"}
    assert stats.asked == mailing["id"]


async def test_messages_get_phone_and_name(api: httpx.AsyncClient, stats: FakeStatistics) -> None:
    mailing, client = await make(api), await make_client(api, name="Ann")
    stats.answer = {
        "items": [{"id": 1, "client_id": client["id"]}, {"id": 2, "client_id": 999}],
        "next_cursor": "n",
    }
    path = f"/mailings/{mailing['id']}/messages"
    answer = await api.get(path, params={"status": "sent", "limit": 2, "cursor": "c"})
    assert answer.json() == {
        "items": [
            {"id": 1, "client_id": client["id"], "phone": "79161234567", "name": "Ann"},
            {"id": 2, "client_id": 999, "phone": None, "name": None},
        ],
        "next_cursor": "n",
    }
    assert stats.asked == (mailing["id"], "sent", 2, "c")


async def test_an_unknown_status_is_refused(api: httpx.AsyncClient) -> None:
    mailing = await make(api)
    answer = await api.get(f"/mailings/{mailing['id']}/messages", params={"status": "lost"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "status"


async def test_all_mailings_are_counted_page_by_page(
    api: httpx.AsyncClient, stats: FakeStatistics
) -> None:
    made = [await make(api, name=str(n)) for n in range(3)]
    counted = {"audience": 5, "by_status": ZEROS | {"sent": 5}}
    stats.answer = {"items": [{"mailing_id": made[2]["id"], **counted}], "total": TOTAL}
    page = (await api.get("/statistics", params={"limit": 2})).json()
    assert stats.asked == [made[2]["id"], made[1]["id"]]
    assert page["total"] == TOTAL
    known, unknown = page["items"]
    assert (known["mailing_id"], known["name"], known["state"]) == (made[2]["id"], "2", "scheduled")
    assert known["by_status"]["sent"] == 5
    assert (unknown["audience"], unknown["by_status"]) == (0, ZEROS)
    last = (await api.get("/statistics", params={"cursor": page["next_cursor"]})).json()
    assert stats.asked == [made[0]["id"]]
    assert last["next_cursor"] is None


@pytest.mark.parametrize(
    "path", ["/mailings/{}/statistics", "/mailings/{}/messages", "/statistics"]
)
async def test_without_stats_there_are_none_now(
    api: httpx.AsyncClient, stats: FakeStatistics, path: str
) -> None:
    mailing = await make(api)
    stats.failure = Unavailable("The statistics do not answer now.")
    answer = await api.get(path.format(mailing["id"]))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
