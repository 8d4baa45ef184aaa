from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain.api_tokens import (
    MOST_API_TOKENS,
    ApiToken,
    NewApiToken,
    check_api_token,
)
from services.api.domain.failures import Conflict, Invalid
from services.api.domain.keys import API_TOKEN_PREFIX, digest, is_api_token, new_key
from services.api.domain.rights import Right

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SCOPES = frozenset({Right.CLIENTS_READ})


@pytest.mark.parametrize(
    ("scopes", "expires_in", "has_already", "field"),
    [
        ({Right.CLIENTS_READ, Right.USERS_WRITE}, None, 0, "scopes"),
        (SCOPES, timedelta(0), 0, "expires_at"),
        (SCOPES, timedelta(days=4_000), 0, "expires_at"),
    ],
)
def test_what_cannot_be_asked_for(
    scopes: set[Right], expires_in: timedelta | None, has_already: int, field: str
) -> None:
    new = NewApiToken("Import", frozenset(scopes), None if expires_in is None else NOW + expires_in)
    with pytest.raises(Invalid) as refused:
        check_api_token(new, SCOPES, has_already, NOW)
    assert [error.field for error in refused.value.errors] == [field]


def test_nobody_has_more_than_they_can_look_after() -> None:
    new = NewApiToken("Import", SCOPES, NOW + timedelta(days=1))
    check_api_token(new, SCOPES, MOST_API_TOKENS - 1, NOW)
    with pytest.raises(Conflict, match="revoke one first"):
        check_api_token(new, SCOPES, MOST_API_TOKENS, NOW)


def test_when_one_has_expired() -> None:
    assert not ApiToken(1, 1, "For ever", SCOPES, NOW).has_expired(NOW + timedelta(days=9_999))
    token = ApiToken(1, 1, "Import", SCOPES, NOW, expires_at=NOW + timedelta(days=1))
    assert not token.has_expired(NOW)
    assert token.has_expired(NOW + timedelta(days=1))


def test_a_key_is_found_by_scanners_and_by_nobody_else() -> None:
    keys = {new_key(API_TOKEN_PREFIX) for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert is_api_token(key)
        secret = key.removeprefix(API_TOKEN_PREFIX)
        assert len(secret) == 43
        assert secret.isascii()
        assert secret.isalnum()
    assert not is_api_token("eyJhbGciOiJIUzI1NiJ9.e30.x")


def test_what_is_kept_of_a_key() -> None:
    assert digest("carillon_a") == digest("carillon_a")
    assert len(digest("carillon_a")) == 32
    assert digest("carillon_a") != digest("carillon_b")
    digest("carillon_\udcff")  # what is no text is no key of ours, and no failure either
