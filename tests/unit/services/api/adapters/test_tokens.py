from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from services.api.adapters.tokens import JwtMint
from services.api.domain.failures import Unauthorized
from services.api.domain.users import Role, TokenUse, User

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECRET = "a secret that is long enough for HS256"
USER = User(17, "ann@example.com", "", Role.ADMIN, NOW)


class Clock:
    at = NOW

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mint(clock: Clock) -> JwtMint:
    return JwtMint(SECRET, timedelta(hours=1), timedelta(days=14), clock)


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "17", "typ": "access", "iat": NOW, "exp": NOW + timedelta(hours=1)} | changes


def refusal(mint: JwtMint, token: str, use: TokenUse = TokenUse.ACCESS) -> str:
    with pytest.raises(Unauthorized) as refused:
        mint.read(token, use)
    return refused.value.detail


def test_tokens_are_read_back(mint: JwtMint) -> None:
    tokens = mint.issue(USER)
    assert mint.read(tokens.access_token, TokenUse.ACCESS) == 17
    assert mint.read(tokens.refresh_token, TokenUse.REFRESH) == 17
    assert tokens.expires_in == 3600


def test_each_token_expires(mint: JwtMint, clock: Clock) -> None:
    tokens = mint.issue(USER)
    clock.at = NOW + timedelta(hours=1)
    assert "expired" in refusal(mint, tokens.access_token)
    assert mint.read(tokens.refresh_token, TokenUse.REFRESH) == 17
    clock.at = NOW + timedelta(days=14)
    assert "expired" in refusal(mint, tokens.refresh_token, TokenUse.REFRESH)


def test_a_token_is_good_for_its_use_only(mint: JwtMint) -> None:
    tokens = mint.issue(USER)
    assert "another use" in refusal(mint, tokens.refresh_token)
    assert "another use" in refusal(mint, tokens.access_token, TokenUse.REFRESH)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "garbage",
        "a.b.c",
        jwt.encode(claims(), "another secret that is long enough too", "HS256"),
        jwt.encode(claims(), SECRET * 2, "HS512"),
        jwt.encode(claims(), None, "none"),
        jwt.encode(claims(sub="nobody"), SECRET, "HS256"),
        jwt.encode({"sub": "17", "typ": "access"}, SECRET, "HS256"),
        jwt.encode({k: v for k, v in claims().items() if k != "typ"}, SECRET, "HS256"),
    ],
)
def test_anything_else_is_refused(mint: JwtMint, token: str) -> None:
    assert "not a valid access token" in refusal(mint, token)


def test_a_challenge_says_what_is_wrong(mint: JwtMint) -> None:
    with pytest.raises(Unauthorized) as refused:
        mint.read("garbage", TokenUse.ACCESS)
    assert 'error="invalid_token"' in refused.value.challenge
