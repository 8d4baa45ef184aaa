import hmac
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from services.api.adapters.tokens import JwtMint
from services.api.domain.failures import Unauthorized
from services.api.domain.sessions import Session
from services.api.domain.users import Claims, TokenUse

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECRET = "a secret that is long enough for HS256"
NEW_SECRET = "the secret that came after it, as long"
SESSION = Session(5, user_id=17, turn=2, created_at=NOW, expires_at=NOW + timedelta(days=14))
SAID = Claims(user_id=17, session_id=5, turn=2)


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
    proper = {
        **{"iss": "carillon", "aud": "carillon-api", "sub": "17", "typ": "access"},
        **{"sid": 5, "turn": 2},
        **{"iat": NOW, "exp": NOW + timedelta(hours=1)},
    }
    return {name: value for name, value in (proper | changes).items() if value is not None}


def signed(**changes: Any) -> str:
    return jwt.encode(claims(**changes), SECRET, "HS256")


def refusal(mint: JwtMint, token: str, use: TokenUse = TokenUse.ACCESS) -> str:
    with pytest.raises(Unauthorized) as refused:
        mint.read(token, use)
    return refused.value.detail


def test_tokens_are_read_back(mint: JwtMint) -> None:
    tokens = mint.issue(SESSION)
    assert mint.read(tokens.access_token, TokenUse.ACCESS) == SAID
    assert mint.read(tokens.refresh_token, TokenUse.REFRESH) == SAID
    assert tokens.expires_in == 3600


def test_each_token_expires(mint: JwtMint, clock: Clock) -> None:
    tokens = mint.issue(SESSION)
    clock.at = NOW + timedelta(hours=1)
    assert "expired" in refusal(mint, tokens.access_token)
    assert mint.read(tokens.refresh_token, TokenUse.REFRESH) == SAID
    clock.at = NOW + timedelta(days=14)
    assert "expired" in refusal(mint, tokens.refresh_token, TokenUse.REFRESH)


def test_a_token_is_good_for_its_use_only(mint: JwtMint) -> None:
    tokens = mint.issue(SESSION)
    assert "another use" in refusal(mint, tokens.refresh_token)
    assert "another use" in refusal(mint, tokens.access_token, TokenUse.REFRESH)


def test_what_is_signed_as_we_sign_it_is_read(mint: JwtMint) -> None:
    """Else the refusals below would prove nothing."""
    assert mint.read(signed(), TokenUse.ACCESS) == SAID


def unsigned(header: str) -> str:
    """The claims of a good token under another header, without a signature."""
    body = signed().split(".")[1]
    return f"{urlsafe_b64encode(header.encode()).decode().rstrip('=')}.{body}."


def under(header: str) -> str:
    """The claims of a good token, signed with our secret, under another algorithm's name: a key of
    one kind must not be taken for one of another."""
    signed_part = unsigned(header).rstrip(".")
    signature = hmac.digest(SECRET.encode(), signed_part.encode(), "sha256")
    return f"{signed_part}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_our_own_signing_is_what_is_tried_below(mint: JwtMint) -> None:
    assert mint.read(under('{"alg":"HS256","typ":"JWT"}'), TokenUse.ACCESS) == SAID


@pytest.mark.parametrize(
    "token",
    [
        under('{"alg":"RS256","typ":"JWT"}'),
        under('{"alg":"ES256","typ":"JWT"}'),
        under('{"alg":"PS256","typ":"JWT"}'),
        under('{"alg":"EdDSA","typ":"JWT"}'),
        under('{"alg":["HS256"],"typ":"JWT"}'),
        under('{"alg":"hs256","typ":"JWT"}'),
        "",
        "garbage",
        "a.b.c",
        jwt.encode(claims(), "another secret that is long enough too", "HS256"),
        jwt.encode(claims(), SECRET * 2, "HS512"),
        jwt.encode(claims(), SECRET * 2, "HS384"),
        jwt.encode(claims(), "", "none"),
        unsigned('{"alg":"none"}'),
        unsigned('{"alg":"None","typ":"JWT"}'),
        unsigned('{"alg":"HS256"}'),
        unsigned('{"typ":"JWT"}'),
        signed()[:-2],
        signed(sub="nobody"),
        signed(sid="some"),
        signed(turn="next"),
        signed(iss="another-carillon"),
        signed(aud="carillon-desk"),
        signed(aud=["carillon-api", "carillon-desk"]),
        *(
            signed(**{name: None})
            for name in ("iss", "aud", "sub", "sid", "turn", "typ", "iat", "exp")
        ),
    ],
)
def test_anything_else_is_refused(mint: JwtMint, token: str) -> None:
    assert "not a valid access token" in refusal(mint, token)


def test_what_an_old_key_signed_is_read_as_long_as_the_key_is_named(clock: Clock) -> None:
    times = (timedelta(hours=1), timedelta(days=14), clock)
    old = signed()
    others = jwt.encode(claims(), "another secret that is long enough too", "HS256")
    new = JwtMint(NEW_SECRET, *times, ("a secret of long ago, for nothing", SECRET))
    assert new.read(old, TokenUse.ACCESS) == SAID
    assert "not a valid access token" in refusal(new, others)
    clock.at = NOW + timedelta(hours=1)
    assert "expired" in refusal(new, old)
    clock.at = NOW
    assert "not a valid access token" in refusal(JwtMint(NEW_SECRET, *times), old)


def test_only_the_first_key_signs(clock: Clock) -> None:
    times = (timedelta(hours=1), timedelta(days=14), clock)
    made = JwtMint(NEW_SECRET, *times, (SECRET,)).issue(SESSION).access_token
    assert JwtMint(NEW_SECRET, *times).read(made, TokenUse.ACCESS) == SAID
    assert "not a valid access token" in refusal(JwtMint(SECRET, *times), made)


def test_a_challenge_says_what_is_wrong(mint: JwtMint) -> None:
    with pytest.raises(Unauthorized) as refused:
        mint.read("garbage", TokenUse.ACCESS)
    assert 'error="invalid_token"' in refused.value.challenge
