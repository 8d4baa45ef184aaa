"""The provider over HTTP: what it is asked, and which of its answers are refused."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from gzip import compress

import httpx
import pytest

from services.api.adapters.oidc import LARGEST_ANSWER, HttpProvider, read_document
from services.api.adapters.oidc_keys import READ_AGAIN_AFTER, key_for
from services.api.domain.failures import Unauthorized, Unavailable
from tests.support.forger import (
    ISSUER,
    OTHERS,
    OWN,
    SUBJECT,
    US,
    Forger,
    Json,
    claims,
    meddled,
    public,
    signed,
    signed_with_what_is_public,
    unsigned,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GOOD = claims(NOW, "nonce")


@dataclass
class Clock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def forger() -> Forger:
    return Forger(id_token=signed(GOOD))


def provider(
    forger: Forger, clock: Clock | None = None, *, secret: str | None = None
) -> HttpProvider:
    return HttpProvider(forger.client(), US, secret, clock or Clock())


async def test_a_good_token_is_taken(forger: Forger) -> None:
    vouched = await provider(forger).redeem("code", "verifier")
    assert (vouched.claims["sub"], vouched.access_token) == (SUBJECT, "opaque")
    assert forger.forms == [
        {
            "grant_type": "authorization_code",
            "code": "code",
            "redirect_uri": US.callback,
            "code_verifier": "verifier",
            "client_id": US.client_id,
        }
    ]


@pytest.mark.parametrize("algorithm", ["RS384", "PS256", "PS512"])
async def test_other_signatures_that_only_the_provider_can_make(
    forger: Forger, algorithm: str
) -> None:
    forger.id_token = signed(GOOD, algorithm=algorithm)
    assert (await provider(forger).redeem("code", "v")).claims["sub"] == SUBJECT


FORGED: dict[str, Callable[[Json], object]] = {
    "not signed": unsigned,
    "by the public key": signed_with_what_is_public,
    "another's signature": meddled,
    "another's key under its name": lambda said: signed(said, OTHERS),
    "an unknown key": lambda said: signed(said, OTHERS, kid="others"),
    "no token": lambda said: "no token",
    "nothing": lambda said: "",
    "a number": lambda said: 7,
    "a header that is no object": lambda said: "W10.e30.e30",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_token_is_refused(forger: Forger, forge: Callable[[Json], object]) -> None:
    forger.id_token = forge(GOOD)
    with pytest.raises(Unauthorized):
        await provider(forger).redeem("code", "verifier")


async def test_a_key_for_another_use_signs_nothing(forger: Forger) -> None:
    for more in ({"use": "enc"}, {"use": "sig", "alg": "PS256"}):
        forger.keys = [public(OWN, kid="own", **more)]
        with pytest.raises(Unauthorized):
            await provider(forger).redeem("code", "verifier")


async def test_a_token_that_names_no_key_is_of_the_only_one(forger: Forger) -> None:
    forger.id_token = signed(GOOD, kid=None)
    assert (await provider(forger).redeem("code", "v")).claims["sub"] == SUBJECT
    forger.keys.append(public(OTHERS, kid="others"))
    with pytest.raises(Unauthorized):
        await provider(forger).redeem("code", "v")


def test_a_key_is_chosen_by_its_name_and_kind() -> None:
    own = public(OWN, kid="own")
    assert key_for([own], "RS256", "own") == own
    assert key_for([own], "ES256", "own") is None
    assert key_for([own, own], "RS256", "own") is None


async def test_a_new_key_is_read_once_in_a_while() -> None:
    clock, forger = Clock(), Forger(id_token=signed(GOOD, OTHERS, kid="new"))
    there = provider(forger, clock)
    for _ in range(3):
        with pytest.raises(Unauthorized):
            await there.redeem("code", "verifier")
    assert forger.asked.count("/jwks") == 1
    forger.keys = [public(OTHERS, kid="new")]
    clock.at += READ_AGAIN_AFTER
    assert (await there.redeem("code", "v")).claims["sub"] == SUBJECT
    assert (await there.redeem("code", "v")).claims["sub"] == SUBJECT
    assert forger.asked.count("/jwks") == 2


async def test_a_key_that_was_withdrawn_is_good_no_longer_than_an_hour(forger: Forger) -> None:
    clock = Clock()
    there = provider(forger, clock)
    await there.redeem("code", "verifier")
    forger.keys = [public(OTHERS, kid="new")]
    await there.redeem("code", "verifier")
    clock.at += timedelta(hours=1)
    with pytest.raises(Unauthorized):
        await there.redeem("code", "verifier")


async def test_its_document_is_read_every_hour(forger: Forger) -> None:
    clock = Clock()
    there = provider(forger, clock)
    for _ in range(3):
        assert await there.authorization_endpoint() == f"{ISSUER}/auth"
    assert len(forger.asked) == 1
    clock.at += timedelta(hours=1, seconds=1)
    await there.authorization_endpoint()
    assert len(forger.asked) == 2


async def test_how_we_say_who_we_are(forger: Forger) -> None:
    await provider(forger, secret="a:b c").redeem("code", "v")
    assert forger.basic == ["Basic Y2FyaWxsb246YSUzQWIlMjBj"]  # carillon:a%3Ab%20c
    forger.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    await provider(forger, secret="a:b c").redeem("code", "v")
    assert forger.basic[-1] is None
    assert (forger.forms[-1]["client_id"], forger.forms[-1]["client_secret"]) == (
        "carillon",
        "a:b c",
    )
    await provider(forger).redeem("code", "v")
    assert forger.forms[-1]["client_id"] == "carillon"
    assert "client_secret" not in forger.forms[-1]


GZIP = {"content-encoding": "gzip"}
UNUSABLE = {
    "an error": httpx.Response(500, text="oops"),
    "no JSON": httpx.Response(200, text="<html>"),
    "compressed": httpx.Response(200, content=compress(b"{}"), headers=GZIP),
    "no object": httpx.Response(200, json=[]),
    "elsewhere": httpx.Response(302, headers={"location": "http://127.0.0.1/secrets"}),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/jwks"])
@pytest.mark.parametrize("answer", UNUSABLE.values(), ids=UNUSABLE)
async def test_what_cannot_be_used_is_no_answer(
    forger: Forger, path: str, answer: httpx.Response
) -> None:
    forger.instead = {path: answer}
    with pytest.raises(Unavailable):
        await provider(forger).redeem("code", "verifier")
    assert "/secrets" not in forger.asked


async def test_an_answer_is_read_up_to_a_size(forger: Forger) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1 << 16
            yield b" " * (1 << 16)

    forger.instead = {"/jwks": httpx.Response(200, content=endless())}
    with pytest.raises(Unavailable):
        await provider(forger).redeem("code", "verifier")
    assert read <= LARGEST_ANSWER + (1 << 16)


async def test_a_code_that_the_provider_does_not_know_is_refused(forger: Forger) -> None:
    forger.instead = {"/token": httpx.Response(400, json={"error": "invalid_grant"})}
    with pytest.raises(Unauthorized):
        await provider(forger).redeem("code", "verifier")
    forger.instead = {"/token": httpx.Response(401, json={"error": "invalid_client"})}
    with pytest.raises(Unavailable):
        await provider(forger).redeem("code", "verifier")


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://id.example.com"},
        {"token_endpoint": "http://id.example.com/token"},
        {"jwks_uri": None},
        {"userinfo_endpoint": "ftp://id.example.com/me"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
async def test_a_document_that_is_not_as_it_must_be(forger: Forger, changed: Json) -> None:
    forger.document = changed
    with pytest.raises(Unavailable):
        await provider(forger).authorization_endpoint()


def test_a_provider_may_tell_nothing_else() -> None:
    told = {f"{name}_endpoint": f"{ISSUER}/{name}" for name in ("authorization", "token")}
    document = read_document({"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"} | told, ISSUER)
    assert (document.about, document.by_header) == (None, True)
