"""Logging in through a certified OpenID provider, by hand and with a real browser."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.ports import free_ports
from services.api.adapters.oidc import HttpProvider, make_provider_client
from services.api.domain.oidc import Registered, challenge_of
from services.api.domain.standing import Rules
from services.api.domain.users import NewUser, Role
from services.api.entrypoints.http.oidc import CALLBACK_PATH, LOGIN_PATH, TOKEN_PATH
from services.api.handlers.auth import sweep_logins
from services.api.ports import OpenId, Ports
from tests.integration.services.api.conftest import ADMIN, FakeClock, a_user, app_around, log_in_as
from tests.integration.services.api.waiting import until
from tests.support.openid import BROWSER_OPTIONS, CHROMIUM, CertifiedProvider, certified_provider

Json = dict[str, Any]

PEOPLE: dict[str, Json] = {
    "ann": {"email": "ann@example.com", "email_verified": True, "groups": ["staff", "press"]},
    "bob": {"email": "bob@example.com", "email_verified": True, "groups": ["staff", "ops"]},
    "cat": {"email": "cat@example.com", "email_verified": True, "groups": ["guests"]},
    "eve": {"email": "eve@example.com", "email_verified": False, "groups": ["ops"]},
}
SECRET = "a secret: with a colon"
RULES = Rules(
    roles={"staff": Role.MANAGER, "ops": Role.ADMIN}, launchers=frozenset({"press"}), links=False
)
VERIFIER = "a-verifier-of-a-page-" * 3
CHALLENGE = challenge_of(VERIFIER)


@dataclass(frozen=True)
class Place:
    """Where the api is seen, and the provider that it trusts."""

    port: int
    provider: CertifiedProvider

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def page(self) -> str:
        """Of the company, at which log-ins end."""
        return f"{self.url}/docs"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    home: Path = tmp_path_factory.mktemp("openid")
    with certified_provider(home, PEOPLE) as provider:
        here = Place(free_ports(1)[0], provider)
        client = {"client_id": "carillon", "client_secret": SECRET}
        provider.start([client | {"redirect_uris": [f"{here.url}{CALLBACK_PATH}"]}])
        yield here


@pytest_asyncio.fixture
async def wired(ports: Ports, place: Place, clock: FakeClock) -> AsyncIterator[Ports]:
    """The clock shows the provider's time."""
    clock.at = datetime.now(UTC)
    us = Registered(
        issuer=place.provider.issuer,
        client_id="carillon",
        callback=f"{place.url}{CALLBACK_PATH}",
        scopes="openid email groups",
        groups_claim="groups",
    )
    async with make_provider_client() as client:
        provider = HttpProvider(client, us, SECRET, clock)
        pages = (place.page, f"{place.url}/docs/oauth2-redirect")
        yield replace(ports, oidc=OpenId(provider, us, RULES, pages))


def app_of(wired: Ports, **rules: Any) -> FastAPI:
    assert wired.oidc is not None
    changed = replace(wired, oidc=replace(wired.oidc, rules=replace(RULES, **rules)))
    return app_around(changed, through_provider=True)


@asynccontextmanager
async def browsing(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as browser:
        yield browser


async def at_the_provider(url: str, name: str) -> str:
    """Logs in there and consents; the address of ours that it leads to."""
    async with httpx.AsyncClient() as there:
        answer = await there.get(url)
        while True:
            if answer.is_redirect:
                url = str(answer.next_request.url) if answer.next_request else ""
                if CALLBACK_PATH in url:
                    return url
                answer = await there.get(url)
                continue
            assert answer.status_code == 200, answer.text
            [action] = re.findall(r'action="([^"]+)" method="post"', answer.text)
            [prompt] = re.findall(r'name="prompt" value="(\w+)"', answer.text)
            fields = {"prompt": prompt, "login": name, "password": "any"}
            answer = await there.post(httpx.URL(url).join(action), data=fields)


async def log_in(browser: httpx.AsyncClient, name: str, **query: str) -> httpx.Response:
    sent = await browser.get(LOGIN_PATH, params=query)
    assert sent.status_code == 303, sent.text
    return await browser.get(await at_the_provider(sent.headers["location"], name))


async def me(browser: httpx.AsyncClient, tokens: httpx.Response) -> Json:
    assert tokens.status_code == 200, tokens.text
    headers = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
    found: Json = (await browser.get("/api/v1/auth/me", headers=headers)).json()
    return found


async def actions(engine: AsyncEngine) -> list[tuple[str, Json]]:
    """What was done to users."""
    ours = "SELECT action, facts FROM audit WHERE action LIKE 'users.%' ORDER BY id"
    async with engine.connect() as connection:
        rows = await connection.execute(text(ours))
        return [(row.action, row.facts) for row in rows]


async def test_who_comes_for_the_first_time_becomes_what_their_groups_say(
    wired: Ports, engine: AsyncEngine
) -> None:
    async with browsing(app_of(wired)) as browser:
        back = await log_in(browser, "ann")
        told = await me(browser, back)
        assert (told["email"], told["role"], told["may_launch"]) == (
            "ann@example.com",
            "manager",
            True,
        )
        assert "no-store" in back.headers["cache-control"]
        bob = await me(browser, await log_in(browser, "bob"))
        assert (bob["role"], bob["may_launch"]) == ("admin", False)
    (first, facts), (second, _) = await actions(engine)
    assert (first, second) == ("users.register", "users.register")
    issuer = wired.oidc.us.issuer if wired.oidc else None
    assert facts == {"role": "manager", "may_launch": True, "issuer": issuer}


async def test_our_session_is_one_as_any_other(wired: Ports) -> None:
    async with browsing(app_of(wired)) as browser:
        tokens = (await log_in(browser, "ann")).json()
        body = {"refresh_token": tokens["refresh_token"]}
        renewed = (await browser.post("/api/v1/auth/refresh", json=body)).json()
        headers = {"Authorization": f"Bearer {renewed['access_token']}"}
        sessions = (await browser.get("/api/v1/auth/sessions", headers=headers)).json()["items"]
        assert [one["address"] for one in sessions] == ["127.0.0.1"]
        assert (await browser.post("/api/v1/auth/logout", headers=headers)).status_code == 204
        assert (await browser.get("/api/v1/auth/me", headers=headers)).status_code == 401


async def test_a_log_in_is_good_once_and_in_its_own_browser(wired: Ports) -> None:
    app = app_of(wired)
    async with browsing(app) as browser, browsing(app) as thief:
        sent = await browser.get(LOGIN_PATH)
        cookie = sent.headers["set-cookie"]
        for word in ("HttpOnly", "SameSite=lax", "Max-Age=600", f"Path={CALLBACK_PATH}"):
            assert word in cookie
        assert "Secure" not in cookie  # this one is not reached by https
        asked = parse_qs(urlsplit(sent.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        back = await at_the_provider(sent.headers["location"], "ann")
        without = await thief.get(back)
        assert (without.status_code, without.json()["errors"][0]["field"]) == (401, "state")
        await thief.get(LOGIN_PATH)
        assert (await thief.get(back)).json()["errors"][0]["field"] == "state"
        others = back.replace(asked["state"][0], "x" * 43)
        assert (await browser.get(others)).status_code == 401
        key = browser.cookies.get("carillon_oidc")
        assert (await browser.get(back)).status_code == 200
        assert browser.cookies.get("carillon_oidc") is None
        browser.cookies.set("carillon_oidc", key or "")
        again = await browser.get(back)
        assert (again.status_code, again.json()["errors"][0]["field"]) == (401, "state")


async def test_after_ten_minutes_it_is_over(wired: Ports, clock: FakeClock) -> None:
    async with browsing(app_of(wired)) as browser:
        sent = await browser.get(LOGIN_PATH)
        back = await at_the_provider(sent.headers["location"], "ann")
        clock.forward(timedelta(minutes=10))
        assert (await browser.get(back)).status_code == 401


async def test_what_is_over_is_forgotten(
    wired: Ports, engine: AsyncEngine, clock: FakeClock
) -> None:
    async with browsing(app_of(wired)) as browser:
        await browser.get(LOGIN_PATH)
        clock.forward(timedelta(minutes=10))
        await sweep_logins(wired)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM oidc_login")) == 0


async def test_a_code_that_was_used_is_refused_by_the_provider(wired: Ports) -> None:
    """With a state of ours that is good."""
    async with browsing(app_of(wired)) as browser:
        first = await browser.get(LOGIN_PATH)
        used = dict(
            parse_qsl(urlsplit(await at_the_provider(first.headers["location"], "ann")).query)
        )
        assert (await browser.get(CALLBACK_PATH, params=used)).status_code == 200
        second = await browser.get(LOGIN_PATH)
        state = parse_qs(urlsplit(second.headers["location"]).query)["state"][0]
        refused = await browser.get(CALLBACK_PATH, params=used | {"state": state})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (401, "code")


@pytest.mark.parametrize(
    ("name", "rules", "status"),
    [
        ("eve", {}, 403),  # her address is not verified
        ("cat", {}, 403),  # no group of hers is let in
        ("ann", {"joins": False}, 403),
        ("cat", {"default": Role.VIEWER}, 200),
    ],
)
async def test_who_is_let_in(wired: Ports, name: str, rules: Json, status: int) -> None:
    async with browsing(app_of(wired, **rules)) as browser:
        back = await log_in(browser, name)
        assert back.status_code == status
        async with wired.transactions.reading() as store:
            user = await store.users.by_email(PEOPLE[name]["email"])
    assert (user is not None) is (status == 200)


async def test_at_each_log_in_the_groups_win(wired: Ports, engine: AsyncEngine) -> None:
    await a_user(wired, ADMIN)
    async with browsing(app_of(wired)) as browser:
        ann = await me(browser, await log_in(browser, "ann"))
        async with wired.transactions.begin() as store:
            user = await store.users.by_id(ann["id"])
            assert user is not None
            await store.users.save(replace(user, role=Role.ADMIN, may_launch=False))
        again = await me(browser, await log_in(browser, "ann"))
    assert again == ann
    action, facts = (await actions(engine))[-1]
    assert (action, facts["before"]["role"], facts["after"]["role"]) == (
        "users.change",
        "admin",
        "manager",
    )


async def test_the_last_administrator_stays_one(wired: Ports) -> None:
    async with browsing(app_of(wired)) as browser:
        ann = await me(browser, await log_in(browser, "ann"))
        async with wired.transactions.begin() as store:
            user = await store.users.by_id(ann["id"])
            assert user is not None
            await store.users.save(replace(user, role=Role.ADMIN))
        assert (await me(browser, await log_in(browser, "ann")))["role"] == "admin"


async def test_a_closed_account_stays_closed(wired: Ports) -> None:
    async with browsing(app_of(wired)) as browser:
        ann = await me(browser, await log_in(browser, "ann"))
        async with wired.transactions.begin() as store:
            user = await store.users.by_id(ann["id"])
            assert user is not None
            await store.users.save(replace(user, closed_at=wired.clock.now()))
        for query in ({}, {"code_challenge": CHALLENGE}):
            assert (await log_in(browser, "ann", **query)).status_code == 401


async def test_an_account_with_the_same_address_is_not_taken_over(
    wired: Ports, engine: AsyncEngine
) -> None:
    await a_user(wired, ADMIN)
    local = await a_user(wired, NewUser("Ann@Example.com", "a hash", Role.VIEWER))
    session = (await log_in_as(wired, local)).access_token
    headers = {"Authorization": f"Bearer {session}"}
    async with browsing(app_of(wired)) as browser:
        assert (await log_in(browser, "ann")).status_code == 409
        assert (await browser.get("/api/v1/auth/me", headers=headers)).status_code == 200
    async with browsing(app_of(wired, links=True)) as browser:
        linked = await me(browser, await log_in(browser, "ann"))
        assert (linked["id"], linked["role"]) == (local.id, "manager")
        # Whoever had the password may have been somebody else.
        assert (await browser.get("/api/v1/auth/me", headers=headers)).status_code == 401
    async with browsing(app_of(wired)) as browser:
        assert (await me(browser, await log_in(browser, "ann")))["id"] == local.id
    async with wired.transactions.reading() as store:
        user = await store.users.by_id(local.id)
    assert user is not None
    assert user.password_hash is None
    assert [name for name, _ in await actions(engine)] == ["users.link", "users.change"]


async def test_a_page_gets_a_code_that_only_it_can_use(wired: Ports, place: Place) -> None:
    async with browsing(app_of(wired)) as browser:
        query = {"code_challenge": CHALLENGE, "redirect_uri": place.page, "state": "mine & yours"}
        back = await log_in(browser, "ann", **query)
        assert back.status_code == 303
        page, _, fragment = back.headers["location"].partition("#")
        told = dict(parse_qsl(fragment))
        assert (page, told["state"], set(told)) == (place.page, "mine & yours", {"code", "state"})
        form = {"code": told["code"], "code_verifier": VERIFIER}
        tokens = await browser.post(TOKEN_PATH, data=form)
        assert (await me(browser, tokens))["email"] == "ann@example.com"
        assert (await browser.post(TOKEN_PATH, data=form)).status_code == 401
        query = {"code_challenge": CHALLENGE}
        code = (await log_in(browser, "ann", **query)).headers["location"].partition("#code=")[2]
        wrong = {"code": code, "code_verifier": "w" * 43}
        assert (await browser.post(TOKEN_PATH, data=wrong)).status_code == 401
        right = {"code": code, "code_verifier": VERIFIER}
        assert (await browser.post(TOKEN_PATH, data=right)).status_code == 401


async def test_a_code_is_good_for_a_minute(wired: Ports, clock: FakeClock) -> None:
    async with browsing(app_of(wired)) as browser:
        back = await log_in(browser, "ann", code_challenge=CHALLENGE)
        code = back.headers["location"].partition("#code=")[2]
        clock.forward(timedelta(minutes=1))
        form = {"code": code, "code_verifier": VERIFIER}
        assert (await browser.post(TOKEN_PATH, data=form)).status_code == 401


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"code_challenge": CHALLENGE, "redirect_uri": "https://evil.example"}, "redirect_uri"),
        ({"redirect_uri": "http://127.0.0.1/docs"}, "redirect_uri"),
        ({"code_challenge": "short"}, "code_challenge"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "code_challenge_method"),
        ({"code_challenge": CHALLENGE, "state": "\0"}, "state"),
    ],
)
async def test_a_log_in_leads_nowhere_else(wired: Ports, query: Json, field: str) -> None:
    async with browsing(app_of(wired)) as browser:
        refused = await browser.get(LOGIN_PATH, params=query)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_who_does_not_consent_is_told_so(wired: Ports) -> None:
    async with browsing(app_of(wired)) as browser:
        sent = await browser.get(LOGIN_PATH)
        state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]
        query = {"state": state, "error": "access_denied"}
        refused = await browser.get(CALLBACK_PATH, params=query)
        assert refused.status_code == 401
        assert "access_denied" in refused.json()["detail"]


async def test_from_one_address_not_many_are_begun(wired: Ports) -> None:
    async with browsing(app_of(wired)) as browser:
        assert (await log_in(browser, "ann")).status_code == 200  # taken back
        begun = [(await browser.get(LOGIN_PATH)).status_code for _ in range(14)]
    assert begun == [303] * 12 + [429] * 2


async def test_where_there_is_no_provider_there_is_nothing(app: FastAPI) -> None:
    async with browsing(app) as browser:
        assert (await browser.get(LOGIN_PATH)).status_code == 404
        assert (await browser.get(CALLBACK_PATH, params={"state": "x"})).status_code == 404
        document = (await browser.get("/openapi.json")).json()
    assert "OpenIdProvider" not in document["components"]["securitySchemes"]


@pytest_asyncio.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=list(BROWSER_OPTIONS)
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def served(app: FastAPI, place: Place) -> AsyncIterator[None]:
    config = uvicorn.Config(app, port=place.port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())

    async def is_started() -> bool:
        return server.started

    try:
        await until(is_started)
        yield
    finally:
        server.should_exit = True
        await task


async def log_in_on(page: Page, name: str) -> None:
    await page.fill("input[name=login]", name)
    await page.fill("input[name=password]", "any")
    await page.click("button[type=submit]")
    await page.click("text=Continue")


async def test_a_person_logs_in_with_a_browser(
    wired: Ports, place: Place, chromium: Browser
) -> None:
    async with served(app_of(wired), place), await chromium.new_context() as person:
        page = await person.new_page()
        await page.goto(f"{place.url}{LOGIN_PATH}")
        assert page.url.startswith(place.provider.issuer)
        await log_in_on(page, "ann")
        await page.wait_for_url(f"{place.url}{CALLBACK_PATH}**")
        tokens = await page.evaluate("JSON.parse(document.body.innerText)")
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        told = await (
            await person.request.get(f"{place.url}/api/v1/auth/me", headers=headers)
        ).json()
        assert told["email"] == "ann@example.com"
        assert [one for one in await person.cookies() if one["name"] == "carillon_oidc"] == []


async def test_swagger_logs_in_by_itself(wired: Ports, place: Place, chromium: Browser) -> None:
    """From its Authorize button to a request that is answered."""
    async with served(app_of(wired), place), await chromium.new_context() as person:
        page = await person.new_page()
        await page.goto(f"{place.url}/docs")
        await page.click("button.authorize")
        flow = page.locator(".auth-container", has_text="OpenIdProvider")
        async with page.expect_popup() as popup:
            await flow.locator("button", has_text="Authorize").click()
        await log_in_on(await popup.value, "bob")
        await flow.locator("button", has_text="Logout").wait_for()
        await page.click("button.btn-done")
        operation = page.locator("#operations-auth-me_api_v1_auth_me_get")
        await operation.locator(".opblock-summary-control").click()
        await operation.locator("button.try-out__btn").click()
        async with page.expect_response("**/auth/me") as answered:
            await operation.locator("button.execute").click()
        answer = await answered.value
        assert (answer.status, (await answer.json())["email"]) == (200, "bob@example.com")


async def test_a_key_that_the_provider_changes_is_read_anew(
    wired: Ports, place: Place, clock: FakeClock
) -> None:
    """Once; then it has to wait. So does one that the provider has only just changed again."""
    async with browsing(app_of(wired)) as browser:
        assert (await log_in(browser, "ann")).status_code == 200
        await asyncio.to_thread(place.provider.change_keys)
        assert (await log_in(browser, "ann")).status_code == 401
        clock.forward(timedelta(seconds=30))
        assert (await log_in(browser, "ann")).status_code == 200


async def test_without_the_provider_everything_else_goes_on(
    wired: Ports, place: Place, api: httpx.AsyncClient
) -> None:
    """The last test of the module: it stops the provider."""
    async with browsing(app_of(wired)) as browser:
        sent = await browser.get(LOGIN_PATH)
        back = await at_the_provider(sent.headers["location"], "ann")
        await asyncio.to_thread(place.provider.stop)
        away = await browser.get(back)
        assert (away.status_code, away.headers["content-type"]) == (503, "application/problem+json")
        assert away.headers["retry-after"]
    assert wired.oidc is not None
    async with make_provider_client() as client:
        provider = HttpProvider(client, wired.oidc.us, SECRET, wired.clock)
        anew = replace(wired, oidc=replace(wired.oidc, provider=provider))
        async with browsing(app_of(anew)) as browser:
            assert (await browser.get(LOGIN_PATH)).status_code == 503
            headers = {"Authorization": api.headers["Authorization"]}
            assert (await browser.get("/api/v1/auth/me", headers=headers)).status_code == 200
