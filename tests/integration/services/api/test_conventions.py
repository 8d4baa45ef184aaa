"""What every route has in common: versions, how much is told, in which language; request ids."""

import asyncio
import logging
from typing import Any

import httpx
import pytest

from shared.runtime.logs import LineFormatter
from tests.integration.services.api.conftest import FakeStatistics, Outbox

CLIENT = {"phone": "79161234567", "timezone": "UTC"}
MAILING = {
    "text": "Hello",
    "starts_at": "2026-12-01T10:00:00Z",
    "ends_at": "2026-12-02T10:00:00Z",
}
MINIMAL = {"Prefer": "return=minimal"}
RUSSIAN = {"Accept-Language": "ru-RU, ru;q=0.9, en;q=0.8"}


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> tuple[str, str]:
    """Where it is, and its tag."""
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return f"{path}/{answer.json()['id']}", answer.headers["etag"]


async def client(api: httpx.AsyncClient) -> tuple[str, str]:
    return await made(api, "/clients", CLIENT)


async def mailing(api: httpx.AsyncClient, **fields: Any) -> tuple[str, str]:
    return await made(api, "/mailings", MAILING | fields)


def outdated(answer: httpx.Response, present: str) -> None:
    assert answer.status_code == 412, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["etag"] == present
    [error] = answer.json()["errors"]
    assert error["field"] == "If-Match"
    assert present in error["reason"]


class TestVersions:
    async def test_a_client_has_the_same_at_every_door(self, api: httpx.AsyncClient) -> None:
        path, tag = await client(api)
        assert (await api.get(path)).headers["etag"] == tag
        same = await api.patch(path, json={})
        assert same.headers["etag"] == tag
        changed = await api.patch(path, json={"name": "Ann"})
        assert changed.headers["etag"] != tag
        replaced = await api.put(path, json=CLIENT, headers={"If-Match": changed.headers["etag"]})
        assert replaced.status_code == 200
        assert (await api.get(path)).headers["etag"] == replaced.headers["etag"]

    async def test_a_client_is_changed_by_whoever_looked_last(
        self, api: httpx.AsyncClient, outbox: Outbox
    ) -> None:
        path, old = await client(api)
        present = (await api.patch(path, json={"name": "Ann"})).headers["etag"]
        await outbox()
        before = (await api.get(path)).json()
        expects = {"If-Match": old}
        outdated(await api.patch(path, json={"name": "Bob"}, headers=expects), present)
        outdated(await api.put(path, json=CLIENT, headers=expects), present)
        outdated(await api.delete(path, headers=expects), present)
        assert (await api.get(path)).json() == before
        assert await outbox() == []
        assert (await api.delete(path, headers={"If-Match": "*"})).status_code == 204

    async def test_a_name_alone_is_another_version_of_a_mailing(
        self, api: httpx.AsyncClient
    ) -> None:
        path, old = await mailing(api)
        renamed = await api.patch(path, json={"name": "Spring"}, headers={"If-Match": old})
        assert renamed.json()["revision"] == 1
        outdated(
            await api.patch(path, json={"name": "Summer"}, headers={"If-Match": old}),
            renamed.headers["etag"],
        )

    @pytest.mark.parametrize("step", ["launch", "pause", "resume", "cancel", "delete", "put"])
    async def test_every_step_of_a_mailing_may_expect_one(
        self, api: httpx.AsyncClient, step: str
    ) -> None:
        path, old = await mailing(api, draft=step == "launch")
        if step == "resume":
            await api.post(f"{path}/pause")
        await api.patch(path, json={"name": "Spring"})
        present = (await api.get(path)).headers["etag"]

        async def take(tag: str) -> httpx.Response:
            headers = {"If-Match": tag}
            if step == "delete":
                return await api.delete(path, headers=headers)
            if step == "put":
                return await api.put(path, json=MAILING, headers=headers)
            return await api.post(f"{path}/{step}", headers=headers)

        outdated(await take(old), present)
        done = await take(f'"another", {present}')
        assert done.is_success, done.text
        now = (await api.get(path)).headers["etag"]
        assert now != present
        if done.status_code == 200:
            assert done.headers["etag"] == now

    async def test_of_two_at_the_same_time_one_is_too_late(self, api: httpx.AsyncClient) -> None:
        path, tag = await mailing(api)
        expects = {"If-Match": tag}
        changes = [api.patch(path, json={"text": str(n)}, headers=expects) for n in range(8)]
        statuses = [answer.status_code for answer in await asyncio.gather(*changes)]
        assert sorted(statuses) == [200] + [412] * 7

    async def test_nothing_can_be_expected_of_what_is_not_there(
        self, api: httpx.AsyncClient
    ) -> None:
        assert (await api.delete("/clients/99", headers={"If-Match": "*"})).status_code == 404

    async def test_what_is_no_tag(self, api: httpx.AsyncClient) -> None:
        path, _ = await client(api)
        answer = await api.patch(path, json={"name": "Ann"}, headers={"If-Match": "1"})
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == ["If-Match"]

    async def test_what_the_caller_has_is_not_told_again(self, api: httpx.AsyncClient) -> None:
        for path, tag in (await client(api), await mailing(api)):
            for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
                answer = await api.get(path, headers={"If-None-Match": known})
                assert (answer.status_code, answer.content) == (304, b"")
                assert answer.headers["etag"] == tag
                assert "content-type" not in answer.headers
            assert (await api.get(path, headers={"If-None-Match": '"x"'})).json()
            await api.patch(path, json={"name": "Ann"})
            assert (await api.get(path, headers={"If-None-Match": tag})).status_code == 200


class TestPreferences:
    async def test_a_write_without_a_body(self, api: httpx.AsyncClient) -> None:
        made = await api.post("/clients", json=CLIENT, headers=MINIMAL)
        assert (made.status_code, made.content) == (201, b"")
        assert made.headers["preference-applied"] == "return=minimal"
        assert made.headers["content-length"] == "0"
        path = made.headers["location"].removeprefix("/api/v1")
        assert (await api.get(path)).headers["etag"] == made.headers["etag"]
        changed = await api.patch(path, json={"name": "Ann"}, headers=MINIMAL)
        assert (changed.status_code, changed.content) == (204, b"")
        assert "content-type" not in changed.headers
        assert (await api.get(path)).headers["etag"] == changed.headers["etag"]

    async def test_the_representation(self, api: httpx.AsyncClient) -> None:
        headers = {"Prefer": "return=representation"}
        answer = await api.post("/clients", json=CLIENT, headers=headers)
        assert answer.json()["id"]
        assert answer.headers["preference-applied"] == "return=representation"

    async def test_what_goes_wrong_is_told(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/clients", json={}, headers=MINIMAL)
        assert answer.status_code == 422
        assert answer.json()["errors"]

    async def test_what_was_asked_is_told(self, api: httpx.AsyncClient) -> None:
        answer = await api.post("/mailings/preview", json=MAILING, headers=MINIMAL)
        assert answer.json() == {"audience": 0}
        assert (await api.get("/clients", headers=MINIMAL)).json()["items"] == []


class TestRequestIds:
    async def test_the_callers_own_is_everywhere(
        self, api: httpx.AsyncClient, anonymous: httpx.AsyncClient
    ) -> None:
        headers = {"X-Request-ID": "order-7"}
        made = await api.post("/departments", json={"name": "Support"}, headers=headers)
        refused = await anonymous.get("/api/v1/clients", headers=headers)
        unknown = await api.get("/clients/9", headers=headers)
        for answer in (made, refused, unknown):
            assert answer.headers["x-request-id"] == "order-7"
        assert refused.json()["request_id"] == unknown.json()["request_id"] == "order-7"
        [entry] = (await api.get("/audit")).json()["items"]
        assert entry["request_id"] == "order-7"

    async def test_one_is_made_for_whoever_has_none(self, api: httpx.AsyncClient) -> None:
        ids = set()
        for headers in ({}, {"X-Request-ID": "a b"}, {"X-Request-ID": "x" * 200}):
            answer = await api.get("/clients/9", headers=headers)
            ids.add(answer.headers["x-request-id"])
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert len(ids) == 3

    async def test_our_own_fault_has_it_too_and_so_has_its_log_line(
        self, api: httpx.AsyncClient, stats: FakeStatistics, caplog: pytest.LogCaptureFixture
    ) -> None:
        stats.failure = RuntimeError("a bug of ours")
        seen = _Lines()
        logging.getLogger().addHandler(seen)
        try:
            answer = await api.get("/statistics", headers={"X-Request-ID": "order-8"})
        finally:
            logging.getLogger().removeHandler(seen)
        assert answer.status_code == 500
        assert answer.headers["x-request-id"] == answer.json()["request_id"] == "order-8"
        assert any("request_id=order-8" in line for line in seen.lines)


class TestLanguages:
    async def test_problems_are_told_in_the_callers_language(
        self, api: httpx.AsyncClient, anonymous: httpx.AsyncClient
    ) -> None:
        unknown = await api.get("/clients/9", headers=RUSSIAN)
        assert unknown.headers["content-language"] == "ru"
        assert unknown.headers["vary"] == "Accept-Language"
        assert unknown.json()["title"] == "Не найдено"
        assert unknown.json()["detail"] == "Клиента 9 нет."
        stranger = await anonymous.get("/api/v1/clients", headers=RUSSIAN)
        assert stranger.json()["detail"] == "Токен доступа не передан."
        english = await api.get("/clients/9")
        assert english.headers["content-language"] == "en"
        assert english.json()["detail"] == "There is no client 9."

    async def test_so_is_what_is_wrong_with_each_field(self, api: httpx.AsyncClient) -> None:
        wrong = {"timezone": "Mars", "name": "x" * 201, "tags": [5], "nickname": 1}
        answer = await api.post("/clients", json=wrong, headers=RUSSIAN)
        told = {error["field"]: error["reason"] for error in answer.json()["errors"]}
        assert told == {
            "phone": "Это поле нужно заполнить.",
            "timezone": "'Mars' — не часовой пояс: укажите название, например Europe/Moscow,"
            " или смещение, например UTC+3.",
            "name": "Здесь больше 200 символов.",
            "tags.0": "Здесь должна быть строка.",
            "nickname": "Такого поля нет.",
        }

    async def test_our_own_fault_is_told_so_too(
        self, api: httpx.AsyncClient, stats: FakeStatistics
    ) -> None:
        stats.failure = RuntimeError("a bug of ours")
        answer = await api.get("/statistics", headers=RUSSIAN)
        assert answer.status_code == 500
        assert answer.json()["detail"] == "У нас что-то сломалось; это записано в журнал."


class _Lines(logging.Handler):
    """As our logs have them."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.setFormatter(LineFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
