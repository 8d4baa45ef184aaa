"""Mail, to a real server: a new password for who has forgotten it, and invitations."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.api.adapters.smtp import SmtpPostman
from services.api.domain.mails import RESET_PAUSE
from services.api.domain.users import NewUser, Role
from services.api.handlers.auth import sweep_logins
from services.api.handlers.mails import send_next
from services.api.handlers.users import ensure_first_admin
from services.api.ports import Ports
from tests.integration.services.api.conftest import FakeClock, a_user, app_around, client_of
from tests.integration.services.api.mailbox import Box, serving

EMAIL, PASSWORD, NEW = "Ann@example.com", "correct horse", "battery staple"
SENDER = "Carillon <carillon@example.com>"


@pytest_asyncio.fixture
async def box() -> AsyncIterator[Box]:
    box = Box()
    async with serving(box):
        yield box


@pytest.fixture
def mailing_ports(ports: Ports, box: Box) -> Ports:
    postman = SmtpPostman(f"smtp://127.0.0.1:{box.port}", SENDER)
    return replace(ports, postman=postman, public_url="https://carillon.example")


@pytest_asyncio.fixture
async def there(mailing_ports: Ports) -> FastAPI:
    """The api where mail is sent, and Ann has an account."""
    assert await ensure_first_admin(mailing_ports, EMAIL, PASSWORD)
    return app_around(mailing_ports)


async def ask(app: FastAPI, email: str = EMAIL, language: str = "") -> httpx.Response:
    return await post(app, "password/forgot", {"email": email}, {"Accept-Language": language})


async def post(app: FastAPI, path: str, body: Any, headers: Any = None) -> httpx.Response:
    async with client_of(app, "") as client:
        return await client.post(f"/auth/{path}", json=body, headers=headers)


async def log_in(app: FastAPI, password: str) -> httpx.Response:
    return await post(app, "login", {"email": EMAIL, "password": password})


async def reset(app: FastAPI, token: str, password: str = NEW) -> int:
    return (await post(app, "password/reset", {"token": token, "password": password})).status_code


async def deliver(ports: Ports) -> None:
    """Tries everything that is due."""
    assert ports.postman is not None
    while await send_next(ports, ports.postman):
        pass


async def waiting(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT count(*) FROM mail")) or 0


async def test_who_has_forgotten_a_password_sets_a_new_one(
    there: FastAPI, mailing_ports: Ports, box: Box, engine: AsyncEngine, api: httpx.AsyncClient
) -> None:
    session = (await log_in(there, PASSWORD)).json()
    asked = await ask(there, EMAIL.lower())
    assert (asked.status_code, asked.json()) == (202, {"good_for_seconds": 3600})
    assert box.came == []  # never inside the request
    await deliver(mailing_ports)
    [mail] = box.came
    assert (mail["To"], mail["From"]) == (EMAIL, SENDER)
    assert mail["Subject"] == "Carillon: a new password"
    assert "https://carillon.example/account#reset=" in mail.get_content()
    assert await waiting(engine) == 0
    token = box.token()
    assert await reset(there, token, "short") == 422
    assert await reset(there, token) == 204
    assert await reset(there, token, "another one, again") == 422
    assert (await log_in(there, PASSWORD)).status_code == 401
    assert (await log_in(there, NEW)).status_code == 200
    async with client_of(there, session["access_token"]) as old:
        assert (await old.get("/auth/me")).status_code == 401
    stale = {"refresh_token": session["refresh_token"]}
    assert (await post(there, "refresh", stale)).status_code == 401
    [entry] = (await api.get("/audit?action=users.change_password")).json()["items"]
    assert (entry["action"], entry["user"]["email"]) == ("users.change_password", EMAIL)


async def test_nobody_learns_who_has_an_account(
    there: FastAPI, mailing_ports: Ports, box: Box, engine: AsyncEngine
) -> None:
    known, unknown = await ask(there), await ask(there, "nobody@example.com")
    assert (unknown.status_code, unknown.json()) == (known.status_code, known.json())
    assert await waiting(engine) == 2  # what is done in the request is the same
    await deliver(mailing_ports)
    assert [mail["To"] for mail in box.came] == [EMAIL]
    assert await waiting(engine) == 0


async def test_the_mail_is_in_the_language_of_who_asked(
    there: FastAPI, mailing_ports: Ports, box: Box
) -> None:
    await ask(there, language="ru-RU, en;q=0.5")
    await deliver(mailing_ports)
    assert box.came[-1]["Subject"] == "Carillon: новый пароль"
    assert "откройте эту страницу" in box.came[-1].get_content()
    assert await reset(there, box.token()) == 204


async def test_a_token_is_good_for_an_hour_and_until_the_password_is_changed(
    there: FastAPI, mailing_ports: Ports, box: Box, clock: FakeClock
) -> None:
    await ask(there)
    await deliver(mailing_ports)
    clock.forward(timedelta(hours=1))
    assert await reset(there, box.token()) == 422
    await ask(there)
    await deliver(mailing_ports)
    access = (await log_in(there, PASSWORD)).json()["access_token"]
    change = {"current_password": PASSWORD, "new_password": NEW}
    async with client_of(there, access) as ann:
        assert (await ann.post("/auth/password", json=change)).status_code == 204
    assert await reset(there, box.token()) == 422
    assert await reset(there, "never-was-one") == 422


async def test_of_two_with_one_token_one_sets_a_password(
    there: FastAPI, mailing_ports: Ports, box: Box
) -> None:
    await ask(there)
    await deliver(mailing_ports)
    answers = await asyncio.gather(*(reset(there, box.token(), f"{NEW} {n}") for n in range(4)))
    assert sorted(answers) == [204, 422, 422, 422]


async def test_who_asks_again_and_again_is_mailed_now_and_then(
    there: FastAPI, mailing_ports: Ports, box: Box, clock: FakeClock
) -> None:
    for _ in range(3):
        await ask(there)
        await deliver(mailing_ports)
    assert len(box.came) == 1
    clock.forward(RESET_PAUSE)
    await ask(there)
    await deliver(mailing_ports)
    assert len(box.came) == 2


async def test_one_address_asks_for_not_many(there: FastAPI) -> None:
    asked = [(await ask(there, f"u{n}@example.com")).status_code for n in range(14)]
    assert asked == [202] * 12 + [429] * 2


async def test_whoever_has_no_password_or_a_closed_account_is_not_mailed(
    there: FastAPI, mailing_ports: Ports, box: Box, api: httpx.AsyncClient
) -> None:
    await a_user(mailing_ports, NewUser("oidc@example.com", None, Role.VIEWER))
    gone = await a_user(mailing_ports, NewUser("gone@example.com", "x", Role.VIEWER))
    await ask(there, gone.email)
    await deliver(mailing_ports)
    token = box.token()
    await api.patch(f"/users/{gone.id}", json={"closed": True})
    assert await reset(there, token) == 422
    for email in ("oidc@example.com", gone.email):
        await ask(there, email)
    await deliver(mailing_ports)
    assert len(box.came) == 1


async def test_while_the_server_is_away_mail_waits_and_is_tried_again(
    there: FastAPI,
    mailing_ports: Ports,
    box: Box,
    engine: AsyncEngine,
    clock: FakeClock,
) -> None:
    box.answer = "451 later"
    await ask(there)
    await deliver(mailing_ports)
    assert (len(box.came), await waiting(engine)) == (0, 1)
    box.answer = "250 OK"
    clock.forward(timedelta(seconds=59))
    await deliver(mailing_ports)
    assert box.came == []
    clock.forward(timedelta(seconds=1))
    await deliver(mailing_ports)
    assert (len(box.came), await waiting(engine)) == (1, 0)
    assert await reset(there, box.token()) == 204


async def test_what_nobody_needs_any_more_is_removed(
    there: FastAPI,
    mailing_ports: Ports,
    box: Box,
    engine: AsyncEngine,
    clock: FakeClock,
) -> None:
    nowhere = SmtpPostman("smtp://127.0.0.1:9", SENDER)
    await ask(there)
    assert await send_next(mailing_ports, nowhere)
    assert await waiting(engine) == 1
    clock.forward(timedelta(hours=1))
    await deliver(mailing_ports)
    assert box.came == []
    await sweep_logins(mailing_ports)
    assert await waiting(engine) == 0
    box.answer = "550 no such user"
    await ask(there)
    await deliver(mailing_ports)
    assert await waiting(engine) == 0


async def test_no_token_is_kept_and_nothing_of_it_is_logged(
    there: FastAPI,
    mailing_ports: Ports,
    box: Box,
    engine: AsyncEngine,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG, logger="services"):
        box.answer = f"451 <{EMAIL}> later"
        await ask(there)
        assert await kept(engine, "mail") != "[]"
        await deliver(mailing_ports)
        box.answer = "250 OK"
        assert isinstance(mailing_ports.clock, FakeClock)
        mailing_ports.clock.forward(timedelta(minutes=1))
        await deliver(mailing_ports)
        assert box.token() not in await kept(engine, "password_reset") + await kept(engine, "mail")
        await reset(there, box.token())
    logged = "".join(str(vars(record)) for record in caplog.records)
    assert "mail_not_sent" in logged
    assert "mail_sent" in logged
    assert EMAIL.lower() not in logged.lower()
    assert box.token() not in logged
    assert await kept(engine, "password_reset") == "[]"


async def kept(engine: AsyncEngine, table: str) -> str:
    async with engine.connect() as connection:
        rows = await connection.scalars(text(f"SELECT t::text FROM {table} t"))  # noqa: S608
        return str(rows.all())


async def test_where_no_mail_is_sent_it_is_said_what_must_be_set(
    app: FastAPI, ports: Ports
) -> None:
    assert await ensure_first_admin(ports, EMAIL, PASSWORD)
    known, unknown = await ask(app), await ask(app, "nobody@example.com")
    assert known.status_code == unknown.status_code == 409
    assert known.json()["detail"] == unknown.json()["detail"]
    for setting in ("API_SMTP_URL", "API_MAIL_FROM", "API_PUBLIC_URL"):
        assert setting in known.json()["detail"]


async def test_an_invitation_is_mailed_and_either_token_is_good_once(
    there: FastAPI, mailing_ports: Ports, box: Box
) -> None:
    access = (await log_in(there, PASSWORD)).json()["access_token"]
    russian = {"Accept-Language": "ru"}
    async with client_of(there, access) as ann:
        for email in ("bob@example.com", "eve@example.com", "out@example.com"):
            body = {"email": email}
            answer = await ann.post("/users/invitations", json=body, headers=russian)
            assert (answer.status_code, answer.json()["mailed"]) == (201, True)
        await ann.delete(f"/users/invitations/{answer.json()['id']}")
    await deliver(mailing_ports)
    assert [mail["To"] for mail in box.came] == ["bob@example.com", "eve@example.com"]
    assert "bob@example.com" in box.came[0].get_content()
    eve = {"email": "eve@example.com", "password": PASSWORD, "invitation": box.token()}
    assert (await post(there, "register", eve)).status_code == 201
    assert (await post(there, "register", eve)).status_code == 422


async def test_the_page_of_a_mail_may_do_what_it_must_and_no_more(there: FastAPI) -> None:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=there), base_url="http://x"
    ) as browser:
        page = await browser.get("/account")
    assert page.status_code == 200
    rules = page.headers["content-security-policy"]
    assert "script-src 'self' 'sha256-" in rules
    assert "https://" not in page.text
