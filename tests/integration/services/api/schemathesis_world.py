"""What there is when schemathesis comes: something under every id that a path can hold, in every
state that it can have, and what is used up by one request, such as a draft to launch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from services.api.domain.api_tokens import NewApiToken
from services.api.domain.hook_tries import Tried
from services.api.domain.keys import digest, new_key
from services.api.domain.parked import Death, Letter, Place
from services.api.domain.rights import Right
from services.api.domain.users import NewUser, Role, TokenUse, User
from services.api.handlers import hook_sending
from services.api.handlers.parked import park
from services.api.ports import Ports
from shared.contracts.topology import EVENTS
from tests.integration.services.api.conftest import (
    NOW,
    RunBulks,
    RunImports,
    a_user,
    log_in_as,
)

# Of what one request uses up. More than schemathesis asks for while all else of it is right.
ENOUGH = 5
PASSWORD = "correct horse battery staple"
MAILING = {"text": "Hello {{ name }}", "starts_at": "2027-03-01T00:00Z"}
Json = dict[str, Any]


@dataclass
class World:
    """``ids``: by the parameter of a path, what it can name for as long as the run takes.
    ``used_up``: by the operation, what each request to it takes: of its path, of its body."""

    ids: dict[str, list[Any]] = field(default_factory=dict)
    used_up: dict[str, list[Mapping[str, Json]]] = field(default_factory=dict)


@dataclass
class Filler:
    """Makes it as an administrator; ``user`` is who will ask, under ``password``."""

    api: httpx.AsyncClient
    ports: Ports
    user: User
    world: World = field(default_factory=World)

    async def make(self, path: str, body: Json | None = None, status: int = 201) -> Json:
        answer = await self.api.post(path, json=body)
        assert answer.status_code == status, answer.text
        made: Json = answer.json()
        return made

    async def several(self, path: str, *bodies: Json) -> list[int]:
        return [(await self.make(path, body))["id"] for body in bodies]

    def there(self, name: str, ids: Sequence[Any]) -> None:
        self.world.ids[name] = list(ids)

    def goes(self, operation: str, name: str, ids: Sequence[Any]) -> None:
        self.world.used_up[operation] = [{"path": {name: id_}} for id_ in ids]


async def filled(
    api: httpx.AsyncClient, ports: Ports, user: User, imports: RunImports, bulks: RunBulks
) -> World:
    """``api``: of an administrator, who is nobody that will ask."""
    filler = Filler(api, ports, user)
    await _departments(filler)
    await _clients(filler, imports, bulks)
    await _mailings(filler)
    await _webhooks(filler)
    await _people(filler)
    await _strangers(filler)
    await _parked(filler)
    return filler.world


async def _departments(filler: Filler) -> None:
    names = [{"name": f"Department {number}"} for number in range(2 + ENOUGH)]
    lasting = await filler.several("/departments", *names[:2])
    filler.there("department_id", lasting)
    gone = await filler.several("/departments", *names[2:])
    filler.goes("DELETE /departments/{department_id}", "department_id", gone)


async def _clients(filler: Filler, imports: RunImports, bulks: RunBulks) -> None:
    ids = await filler.several("/clients", *map(_client, range(6 + 3 * ENOUGH)))
    blocked, lasting = ids[: 1 + ENOUGH], ids[1 + ENOUGH : 6 + ENOUGH]
    filler.there("client_id", [blocked[0], *lasting])
    rest = ids[6 + ENOUGH :]
    filler.goes("DELETE /clients/{client_id}", "client_id", rest[:ENOUGH])
    filler.goes("POST /clients/{client_id}/erase", "client_id", rest[ENOUGH:])
    blocks = await filler.several("/policies/blocks", *({"client_id": id_} for id_ in blocked))
    filler.there("block_id", blocks[:1])
    filler.goes("DELETE /policies/blocks/{block_id}", "block_id", blocks[1:])
    tags = [f"tag{number}" for number in range(2 + ENOUGH)]
    for tag in tags:
        await filler.make("/tags", {"name": tag})
    filler.there("tag", tags[:2])
    filler.goes("DELETE /tags/{tag}", "tag", tags[2:])
    await _jobs(filler, imports, bulks)


def _client(number: int) -> Json:
    zone = "Europe/Moscow"
    return {"phone": f"7916000{number:04}", "timezone": zone, "tags": ["vip"], "name": "Ann"}


async def _jobs(filler: Filler, imports: RunImports, bulks: RunBulks) -> None:
    """Imports with and without errors, changes of many clients: some are over, some wait."""
    ids = []
    for rows in (b"phone,timezone\n79169990001,UTC\n1,Nowhere\n", b"name\nAnn\n"):
        headers = {"content-type": "text/csv"}
        answer = await filler.api.post("/clients/import", content=rows, headers=headers)
        assert answer.status_code == 202, answer.text
        ids.append(answer.json()["id"])
    await imports()
    filler.there("import_id", ids)
    order = {"action": "tag", "tags": ["vip"], "filter": {"operator_codes": ["916"]}}
    over = await filler.make("/clients/bulk", order, 202)
    await bulks()
    waiting = await filler.make("/clients/bulk", order, 202)
    filler.there("bulk_id", [over["id"], waiting["id"]])


async def _mailings(filler: Filler) -> None:
    """One in each state there is; and for each step some that are where it can be taken from."""
    one = "/mailings/{mailing_id}"
    steps = {"launch": "", "pause": "launch", "resume": "launch pause", "cancel": "launch"}
    for step, before in steps.items():
        goes = [await _mailing(filler, before) for _ in range(ENOUGH)]
        filler.goes(f"POST {one}/{step}", "mailing_id", goes)
    filler.goes(f"DELETE {one}", "mailing_id", [await _mailing(filler, "") for _ in range(ENOUGH)])
    begun = [await _mailing(filler, "launch") for _ in range(2)]
    async with filler.ports.transactions.begin() as store:
        for id_ in begun:
            await store.mailings.started(id_, NOW, now=NOW)
        await store.mailings.finished(begun[1], 1, NOW, now=NOW)
    states = ("", "launch", "launch pause", "launch cancel")
    filler.there("mailing_id", [*begun, *[await _mailing(filler, then) for then in states]])


async def _mailing(filler: Filler, then: str) -> int:
    body = MAILING | {"ends_at": "2027-03-08T00:00Z", "draft": True}
    id_: int = (await filler.make("/mailings", body))["id"]
    for step in then.split():
        await filler.make(f"/mailings/{id_}/{step}", status=200)
    return id_


async def _webhooks(filler: Filler) -> None:
    """With requests that were made, and one that waits."""
    body = {"name": "CRM", "url": "https://crm.example.com/", "events": ["message.sent"]}
    kept, *others = await filler.several("/webhooks", *(body for _ in range(2 + ENOUGH)))
    filler.there("webhook_id", [kept, others[0]])
    filler.goes("DELETE /webhooks/{webhook_id}", "webhook_id", others[1:])
    sent = []
    for _ in range(ENOUGH):
        await filler.make(f"/webhooks/{kept}/test", status=202)
        taken = await hook_sending.take(filler.ports, kept)
        assert taken is not None
        await hook_sending.settle(filler.ports, taken.delivery, Tried(5, 200))
        sent.append(taken.delivery.id)
    await filler.make(f"/webhooks/{kept}/test", status=202)
    filler.world.used_up["POST /webhooks/{webhook_id}/deliveries/{delivery_id}/replay"] = [
        {"path": {"webhook_id": kept, "delivery_id": id_}} for id_ in sent
    ]


async def _people(filler: Filler) -> None:
    """Other users, who was invited, and of whoever asks other sessions and tokens."""
    ports, user = filler.ports, filler.user
    new = (NewUser(f"colleague{one}@example.com", "", Role.VIEWER) for one in range(2 + ENOUGH))
    ids = [(await a_user(ports, one)).id for one in new]
    filler.there("user_id", ids[:2])
    filler.goes("DELETE /users/{user_id}", "user_id", ids[2:])
    bodies = ({"email": f"expected{number}@example.com"} for number in range(ENOUGH))
    invited = await filler.several("/users/invitations", *bodies)
    filler.goes("DELETE /users/invitations/{invitation_id}", "invitation_id", invited)
    sessions = [
        ports.tokens.read((await log_in_as(ports, user)).access_token, TokenUse.ACCESS).session_id
        for _ in range(ENOUGH)
    ]
    filler.goes("DELETE /auth/sessions/{session_id}", "session_id", sessions)
    await _api_tokens(filler, ids[0])


async def _api_tokens(filler: Filler, other: int) -> None:
    """Of whoever asks, and of another."""
    own = [await _api_token(filler.ports, filler.user.id) for _ in range(ENOUGH)]
    filler.goes("DELETE /auth/tokens/{token_id}", "token_id", own)
    filler.world.used_up["DELETE /users/{user_id}/tokens/{token_id}"] = [
        {"path": {"user_id": other, "token_id": await _api_token(filler.ports, other)}}
        for _ in range(ENOUGH)
    ]


async def _api_token(ports: Ports, user_id: int) -> int:
    new = NewApiToken("Import", frozenset({Right.CLIENTS_READ}), None)
    async with ports.transactions.begin() as store:
        made = await store.api_tokens.add(user_id, new, digest(new_key()), ports.clock.now())
    return made.id


async def _strangers(filler: Filler) -> None:
    """What opens the doors: passwords, and tokens to refresh by, of invitations, of a mail."""
    ports, used_up = filler.ports, filler.world.used_up
    password_hash = await ports.passwords.hash(PASSWORD)
    guest = await a_user(ports, NewUser("guest@example.com", password_hash, Role.VIEWER))
    known = {"email": guest.email, "password": PASSWORD}
    used_up["POST /auth/login"] = [{"body": known}] * ENOUGH
    used_up["POST /auth/password"] = [{"body": {"current_password": PASSWORD}}]
    forgetful = await a_user(ports, NewUser("forgetful@example.com", "", Role.VIEWER))
    used_up["POST /auth/password/reset"] = [{"body": {"token": await _reset(ports, forgetful)}}]
    emails = [f"invited{number}@example.com" for number in range(3)]
    invited = [await filler.make("/users/invitations", {"email": email}) for email in emails]
    used_up["POST /auth/register"] = [
        {"body": {"email": one["email"], "invitation": one["token"]}} for one in invited
    ]
    tokens = [(await log_in_as(ports, guest)).refresh_token for _ in range(ENOUGH)]
    used_up["POST /auth/refresh"] = [{"body": {"refresh_token": one}} for one in tokens]


async def _reset(ports: Ports, user: User) -> str:
    key, now = new_key(), ports.clock.now()
    async with ports.transactions.begin() as store:
        await store.resets.add(digest(key), user.id, now, now + timedelta(hours=1))
    return key


async def _parked(filler: Filler) -> None:
    place = Place(EVENTS, "mailing.changed")
    death = Death("scheduler.events", place, "rejected")
    for number in range(2 * ENOUGH):
        await park(filler.ports, Letter(death, b"%d" % number))
    found = (await filler.api.get("/dead-letters/parked")).json()["items"]
    ids = [one["id"] for one in found]
    filler.goes("DELETE /dead-letters/parked/{parked_id}", "parked_id", ids[:ENOUGH])
    filler.world.used_up["POST /dead-letters/replay"] = [
        {"body": {"parked": [id_]}} for id_ in ids[ENOUGH:]
    ]
