"""The keys of an OpenID provider, and whether one of them has signed something.

They change from time to time. A token that names one that we do not know is a reason to read them
anew; but not again and again, whatever the tokens say.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import jwt
from jwt.algorithms import get_default_algorithms
from jwt.types import Options

from services.api.domain.oidc import ALGORITHMS, not_valid
from shared.runtime.clock import Clock

# One that was withdrawn is good no longer than that.
_KEPT_FOR = timedelta(hours=1)
# Between two readings for the sake of a key that we do not know.
READ_AGAIN_AFTER = timedelta(seconds=30)
# Only the signature is looked at here; the claims are for the rules.
_SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}
_FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}

Key = Mapping[str, Any]


class ProviderKeys:
    def __init__(self, read: Callable[[], Awaitable[Sequence[Key]]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._keys: Sequence[Key] = ()
        self._read_at: datetime | None = None
        self._one_reads = asyncio.Lock()

    async def verified(self, token: str) -> Mapping[str, Any]:
        """The claims of a token that one of the keys has signed. Raises Unauthorized; Unavailable
        when the keys cannot be read."""
        try:
            header = jwt.get_unverified_header(token)
            algorithm, name = header.get("alg"), header.get("kid")
            if algorithm not in ALGORITHMS:
                raise not_valid("it is not signed as it must be (alg)")
            key = await self._find(algorithm, name)
            if key is None:
                raise not_valid("it is signed with a key that is not the provider's (kid)")
            return _claims(token, key, algorithm)
        except (jwt.PyJWTError, ValueError, TypeError):
            raise not_valid("its signature is wrong") from None

    async def _find(self, algorithm: str, name: str | None) -> Key | None:
        async with self._one_reads:
            await self._refresh(_KEPT_FOR)
            found = key_for(self._keys, algorithm, name)
            if found is None and await self._refresh(READ_AGAIN_AFTER):
                found = key_for(self._keys, algorithm, name)
            return found

    async def _refresh(self, age: timedelta) -> bool:
        """Whether they were read anew, being as old as that."""
        now = self._clock.now()
        if self._read_at is not None and now - self._read_at < age:
            return False
        self._keys = await self._read()
        self._read_at = now
        return True


def key_for(keys: Sequence[Key], algorithm: str, name: str | None) -> Key | None:
    """That of this name; without a name, the only one that can make such signatures."""
    fit = [key for key in keys if _fits(key, algorithm)]
    if name is not None:
        fit = [key for key in fit if key.get("kid") == name]
    return fit[0] if len(fit) == 1 else None


def _fits(key: Key, algorithm: str) -> bool:
    return (
        key.get("kty") == _FAMILIES[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    )


def _claims(token: str, key: Key, algorithm: str) -> Mapping[str, Any]:
    public = get_default_algorithms()[algorithm].from_jwk(dict(key))
    claims: Mapping[str, Any] = jwt.decode(
        token, public, algorithms=[algorithm], options=_SIGNATURE_ONLY
    )
    return claims
