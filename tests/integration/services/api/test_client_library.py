"""The client library against the real gateway."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from carillon import (
    AsyncCarillon,
    Changed,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    TooManyTries,
    Unauthorized,
)
from carillon.models.clients import BulkState, ImportState
from carillon.models.mailings import Audience, MailingState, Timing
from carillon.patience import Patience
from carillon.tokens import MemoryKeeper, Tokens
from services.api.handlers.users import ensure_first_admin
from services.api.ports import Ports
from tests.integration.services.api.conftest import FakeClock, RunBulks, RunImports

EMAIL, PASSWORD = "ann@example.com", "correct horse"


@pytest.fixture
async def keeper(ports: Ports) -> MemoryKeeper:
    assert await ensure_first_admin(ports, EMAIL, PASSWORD)
    return MemoryKeeper()


@pytest.fixture
async def carillon(app: FastAPI, keeper: MemoryKeeper) -> AsyncIterator[AsyncCarillon]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncCarillon("http://api", keeper=keeper, transport=transport) as client:
        await client.log_in(EMAIL, PASSWORD)
        yield client


async def test_clients_are_made_found_changed_and_deleted(carillon: AsyncCarillon) -> None:
    ann = await carillon.clients.create(
        phone="+7 916 123-45-67", timezone="Europe/Moscow", tags=["vip", "new"], name="Ann"
    )
    bob = await carillon.clients.create(phone="79831234567", timezone="UTC+9")
    assert (ann.phone, ann.tags, bob.timezone) == ("79161234567", ["vip", "new"], "UTC+09:00")
    assert [one.id async for one in carillon.clients.list().sized(1)] == [ann.id, bob.id]
    assert [one.id async for one in carillon.clients.list(tag="vip")] == [ann.id]
    changed = await carillon.clients.change(ann.id, name=None, timezone="Asia/Omsk")
    assert (changed.name, changed.tags, changed.revision) == (None, ["vip", "new"], 2)
    assert (await carillon.tags.get("vip")).clients == 1
    await carillon.clients.delete(bob.id)
    with pytest.raises(NotFound):
        await carillon.clients.get(bob.id)


async def test_many_are_changed_at_once(carillon: AsyncCarillon, run_bulks: RunBulks) -> None:
    ann = await carillon.clients.create(phone="79161234567", timezone="UTC", tags=["vip"])
    await carillon.clients.create(phone="79831234567", timezone="UTC")
    accepted = await carillon.bulk.start(action="tag", tags=["new"], filter={"tags": ["vip"]})
    await run_bulks()
    done = await carillon.bulk.get(accepted.id)
    assert (done.state, done.matched, done.changed) == (BulkState.DONE, 1, 1)
    assert [one.id async for one in carillon.clients.list(tag="new")] == [ann.id]
    assert [one.id async for one in carillon.bulk.list(state="done")] == [done.id]


async def test_what_the_server_refuses_is_told_by_field(carillon: AsyncCarillon) -> None:
    with pytest.raises(Invalid) as caught:
        await carillon.clients.create(phone="7", timezone="Mars")
    assert {error.field for error in caught.value.errors} == {"phone", "timezone"}
    await carillon.clients.create(phone="79161234567", timezone="UTC")
    with pytest.raises(Conflict):
        await carillon.clients.create(phone="79161234567", timezone="UTC")


async def test_no_change_of_others_is_lost(carillon: AsyncCarillon) -> None:
    seen = await carillon.clients.create(phone="79161234567", timezone="UTC")
    await carillon.clients.change(seen.id, name="Ann", if_match=seen.etag)
    with pytest.raises(Changed):
        await carillon.clients.change(seen.id, name="Bob", if_match=seen.etag)
    present = await carillon.clients.get(seen.id)
    assert present.name == "Ann"
    await carillon.clients.delete(seen.id, if_match=present.etag)


async def test_a_program_has_a_token_of_its_own(app: FastAPI, carillon: AsyncCarillon) -> None:
    made = await carillon.auth.create_token("CI", ["clients:read"])
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncCarillon("http://api", token=made.token, transport=transport) as program:
        assert [one async for one in program.clients.list()] == []
        with pytest.raises(Forbidden):
            await program.tags.create("vip")
        await carillon.auth.revoke_token(made.id)
        with pytest.raises(Unauthorized):
            await program.clients.list().page()


async def test_a_file_is_imported(
    carillon: AsyncCarillon, run_imports: RunImports, tmp_path: Path
) -> None:
    file = tmp_path / "clients.csv.gz"
    file.write_bytes(gzip.compress(b"phone,timezone\n79161234567,UTC\n7,Mars\n"))
    accepted = await carillon.imports.upload(file)
    await run_imports()
    done = await carillon.imports.get(accepted.id)
    assert (done.state, done.rows_accepted, done.rows_rejected) == (ImportState.DONE, 1, 1)
    assert {error.row for error in done.errors} == {2}


async def test_a_mailing_lives_its_life(carillon: AsyncCarillon) -> None:
    draft = await carillon.mailings.create(
        text="The bells ring",
        timing=Timing.LOCAL,
        starts_at="2026-11-22T00:00",
        ends_at="2026-12-31T23:59",
        window={"from": "10:00", "to": "20:00", "days": ["mon", "tue"]},
        filter={"tags": ["vip"]},
        audience="frozen",
        draft=True,
    )
    assert draft.window is not None
    assert (draft.state, draft.audience, draft.window.from_) == ("draft", Audience.FROZEN, "10:00")
    assert draft.starts_at.tzinfo is None
    assert (await carillon.mailings.launch(draft.id)).state is MailingState.SCHEDULED
    stopped = await carillon.mailings.pause(draft.id)
    assert stopped.stop_confirmed
    changed = await carillon.mailings.change(draft.id, rate_per_second=5.5)
    assert (changed.rate_per_second, changed.revision) == (5.5, 3)
    assert [one.revision async for one in carillon.mailings.revisions(draft.id)] == [3, 2, 1]
    assert (await carillon.mailings.clone(draft.id, name="Again")).name == "Again"
    paused = carillon.mailings.list(state=MailingState.PAUSED)
    assert [one.id async for one in paused] == [draft.id]
    assert (await carillon.mailings.cancel(draft.id)).state is MailingState.CANCELLED
    with pytest.raises(Conflict):
        await carillon.mailings.launch(draft.id)


async def test_tokens_are_renewed_once_for_all(
    carillon: AsyncCarillon, keeper: MemoryKeeper, clock: FakeClock
) -> None:
    before = keeper.load()
    clock.forward(timedelta(hours=2))
    users = await asyncio.gather(*(carillon.auth.me() for _ in range(8)))
    assert {user.email for user in users} == {EMAIL}
    assert keeper.load() != before


async def test_a_session_that_has_ended_needs_a_new_log_in(
    carillon: AsyncCarillon, keeper: MemoryKeeper
) -> None:
    other = keeper.load()
    await carillon.log_out()
    assert keeper.load() is None
    keeper.save(other)
    with pytest.raises(Unauthorized, match="log in again"):
        await carillon.auth.me()


async def test_too_many_tries_say_when_to_come_again(carillon: AsyncCarillon) -> None:
    with pytest.raises(TooManyTries) as caught:  # noqa: PT012 - one of the first few
        for _ in range(5):
            try:
                await carillon.auth.login(EMAIL, "wrong")
            except Unauthorized:
                continue
    assert caught.value.retry_after
    assert caught.value.retry_after > 30


async def test_an_ill_token_is_told_as_such(app: FastAPI, ports: Ports) -> None:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    keeper = MemoryKeeper(Tokens("nonsense"))
    async with AsyncCarillon("http://api", keeper=keeper, transport=transport) as client:
        with pytest.raises(Unauthorized):
            await client.departments.create("Sales")


async def test_a_write_whose_answer_was_lost_is_done_once(
    app: FastAPI, keeper: MemoryKeeper
) -> None:
    class Forgetful(httpx.ASGITransport):
        """Loses the first answer to a write."""

        lost = 0

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await super().handle_async_request(request)
            if request.url.path.endswith("/departments") and not self.lost:
                self.lost += 1
                raise httpx.ReadError("It is gone.", request=request)
            return answer

    transport = Forgetful(app=app, raise_app_exceptions=False)
    patience = Patience(first_wait=0)
    async with AsyncCarillon(
        "http://api", keeper=keeper, patience=patience, transport=transport
    ) as client:
        await client.log_in(EMAIL, PASSWORD)
        made = await client.departments.create("Sales")
        assert transport.lost == 1
        assert [one.id async for one in client.departments.list()] == [made.id]
