"""A provider, or whoever pretends to be it, that answers what it must not."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI

from services.api.adapters.oidc import HttpProvider
from services.api.domain.standing import Rules
from services.api.domain.users import Role
from services.api.entrypoints.http.oidc import CALLBACK_PATH, LOGIN_PATH
from services.api.ports import OpenId, Ports
from tests.integration.services.api.conftest import FakeClock, app_around
from tests.support import forger
from tests.support.forger import OTHERS, SUBJECT, US, Forger, Json, claims, signed


@dataclass
class Try:
    """A browser that is on its way, and the provider that it was sent to."""

    browser: httpx.AsyncClient
    provider: Forger
    nonce: str
    state: str

    async def ends(self, **more: str) -> httpx.Response:
        query = {"state": self.state, "code": "a code"} | more
        return await self.browser.get(CALLBACK_PATH, params=query)


@pytest.fixture
def forging(ports: Ports, clock: FakeClock) -> tuple[FastAPI, Forger]:
    provider = Forger()
    http = HttpProvider(provider.client(), US, "secret", clock)
    rules = Rules({"staff": Role.MANAGER})
    wired = replace(ports, oidc=OpenId(http, US, rules))
    app = app_around(wired)
    return app, provider


@pytest_asyncio.fixture
async def trying(forging: tuple[FastAPI, Forger]) -> AsyncIterator[Try]:
    app, provider = forging
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://x") as browser:
        sent = await browser.get(LOGIN_PATH)
        asked = parse_qs(urlsplit(sent.headers["location"]).query)
        assert "Secure" in sent.headers["set-cookie"]
        yield Try(browser, provider, asked["nonce"][0], asked["state"][0])


async def test_a_good_answer_is_taken(trying: Try, clock: FakeClock) -> None:
    trying.provider.id_token = signed(claims(clock.now(), trying.nonce))
    assert (await trying.ends(iss=US.issuer)).status_code == 200


FORGED: dict[str, Callable[[Json], str]] = {
    "alg none": forger.unsigned,
    "alg HS256": forger.signed_with_what_is_public,
    "meddled": forger.meddled,
    "another's key": lambda said: signed(said, OTHERS),
    "unknown key": lambda said: signed(said, OTHERS, kid="unknown"),
    "wrong aud": lambda said: signed(said | {"aud": "another"}),
    "wrong azp": lambda said: signed(said | {"azp": "another"}),
    "wrong iss": lambda said: signed(said | {"iss": "https://other.example.com"}),
    "wrong nonce": lambda said: signed(said | {"nonce": "another"}),
    "expired": lambda said: signed(said | {"exp": said["iat"] - 60}),
    "of tomorrow": lambda said: signed(said | {"iat": said["iat"] + 86_400}),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_token_lets_nobody_in(
    trying: Try, clock: FakeClock, ports: Ports, forge: Callable[[Json], str]
) -> None:
    trying.provider.id_token = forge(claims(clock.now(), trying.nonce))
    refused = await trying.ends()
    assert (refused.status_code, refused.headers["content-type"]) == (
        401,
        "application/problem+json",
    )
    async with ports.transactions.reading() as store:
        assert await store.users.by_email("ann@example.com") is None


async def test_the_answer_of_another_provider_is_not_looked_at(trying: Try) -> None:
    refused = await trying.ends(iss="https://other.example.com")
    assert refused.status_code == 401
    assert "/token" not in trying.provider.asked


async def test_what_is_told_elsewhere_counts_if_it_is_of_the_same_person(
    trying: Try, clock: FakeClock
) -> None:
    thin = claims(clock.now(), trying.nonce, email=None, email_verified=None, groups=None)
    trying.provider.id_token = signed(thin)
    told = {"email": "ann@example.com", "email_verified": True, "groups": ["staff"]}
    trying.provider.about = told | {"sub": "another"}
    assert (await trying.ends()).status_code == 403
    sent = await trying.browser.get(LOGIN_PATH)
    asked = parse_qs(urlsplit(sent.headers["location"]).query)
    trying.state = asked["state"][0]
    trying.provider.id_token = signed(thin | {"nonce": asked["nonce"][0]})
    trying.provider.about = told | {"sub": SUBJECT}
    assert (await trying.ends()).status_code == 200


async def test_a_token_of_an_earlier_log_in_is_refused(trying: Try, clock: FakeClock) -> None:
    trying.provider.id_token = signed(claims(clock.now(), trying.nonce))
    clock.forward(timedelta(minutes=1))
    sent = await trying.browser.get(LOGIN_PATH)
    trying.state = parse_qs(urlsplit(sent.headers["location"]).query)["state"][0]
    assert (await trying.ends()).status_code == 401
