"""Tokens: JSON Web Tokens, signed with HMAC-SHA256 and nothing else."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from jwt.types import Options

from services.api.domain.failures import Unauthorized
from services.api.domain.sessions import Session
from services.api.domain.users import Claims, Tokens, TokenUse
from shared.runtime.clock import Clock

_ALGORITHM = "HS256"
# Who signs, and for whom: nothing else that is ever signed with the same key opens this door.
_ISSUER = "carillon"
_AUDIENCE = "carillon-api"
# What a token must carry; when it expires is judged by our own clock.
_OPTIONS: Options = {
    "require": ["iss", "aud", "sub", "sid", "turn", "iat", "exp", "typ"],
    "verify_exp": False,
    "verify_iat": False,
    "strict_aud": True,
}


@dataclass(frozen=True, slots=True)
class JwtMint:
    secret: str
    access_ttl: timedelta
    refresh_ttl: timedelta
    clock: Clock
    # Signed with until lately: what they signed is good until it expires, while they stand here.
    old_secrets: tuple[str, ...] = ()

    @property
    def session_ttl(self) -> timedelta:
        return self.refresh_ttl

    def issue(self, session: Session) -> Tokens:
        return Tokens(
            access_token=self._sign(session, TokenUse.ACCESS, self.access_ttl),
            refresh_token=self._sign(session, TokenUse.REFRESH, self.refresh_ttl),
            expires_in=int(self.access_ttl.total_seconds()),
        )

    def read(self, token: str, use: TokenUse) -> Claims:
        try:
            claims = self._verified(token)
            said = Claims(int(claims["sub"]), int(claims["sid"]), int(claims["turn"]))
            expires_at = float(claims["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError):
            raise _refused(f"This is not a valid {use} token.", use) from None
        if claims["typ"] != use:
            raise _refused(f"This is not a valid {use} token: it is for another use.", use)
        if expires_at <= self.clock.now().timestamp():
            raise _refused(f"The {use} token has expired.", use)
        return said

    def _verified(self, token: str) -> dict[str, Any]:
        *first, last = (self.secret, *self.old_secrets)
        for secret in first:
            with suppress(jwt.InvalidSignatureError):
                return _decoded(token, secret)
        return _decoded(token, last)

    def _sign(self, session: Session, use: TokenUse, ttl: timedelta) -> str:
        now = self.clock.now()
        claims = {
            **{"iss": _ISSUER, "aud": _AUDIENCE, "sub": str(session.user_id)},
            **{"sid": session.id, "turn": session.turn},
            **{"typ": use, "iat": now, "exp": now + ttl},
        }
        return jwt.encode(claims, self.secret, algorithm=_ALGORITHM)


def _decoded(token: str, secret: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        secret,
        algorithms=[_ALGORITHM],
        issuer=_ISSUER,
        audience=_AUDIENCE,
        options=_OPTIONS,
    )


def _refused(reason: str, use: TokenUse) -> Unauthorized:
    field = "Authorization" if use is TokenUse.ACCESS else "refresh_token"
    challenge = f'error="invalid_token", error_description="{reason}"'
    return Unauthorized(reason, field=field, challenge=challenge)
