"""Logging in at an OpenID provider: what it is asked, and what of its answer is believed.

A log-in begins with a key that only the browser is given, in a cookie. Its state, its nonce and the
verifier of PKCE are made of the key: whoever comes back with a state must bring the key that it is
of, and we keep no more of it than the state's digest, so that it is good once.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from services.api.domain.failures import Conflict, FieldFault, Invalid, NotOpen, Unauthorized

# For somebody to find their password, and the second factor.
LOGIN_LASTS = timedelta(minutes=10)
# A page takes its code to us at once.
CODE_LASTS = timedelta(minutes=1)
# As far as the provider's clock may be off.
_LEEWAY = timedelta(minutes=1)
# Signatures that nobody can make who can check them; so neither ``none`` nor a shared secret.
ALGORITHMS = frozenset(
    {f"{family}{size}" for family in ("RS", "PS", "ES") for size in (256, 384, 512)} | {"EdDSA"}
)


@dataclass(frozen=True, slots=True)
class Registered:
    """What the provider knows us by, and we it. ``callback``: where it sends browsers back to."""

    issuer: str
    client_id: str
    callback: str
    scopes: str
    groups_claim: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is made of the key of a log-in."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def of(cls, key: str) -> "Secrets":
        return cls(_made(key, "state"), _made(key, "nonce"), _made(key, "verifier"))


@dataclass(frozen=True, slots=True)
class Way:
    """The page at which a log-in ends. It gets a code, which is good with the verifier of
    ``challenge`` only, and its own ``state`` back."""

    page: str
    challenge: str
    state: str | None = None

    def back(self, code: str) -> str:
        """In the fragment: neither servers nor their logs see it."""
        told = {"code": code} | ({} if self.state is None else {"state": self.state})
        return f"{self.page}#{urlencode(told)}"

    def is_of(self, verifier: str) -> bool:
        return hmac.compare_digest(self.challenge, challenge_of(verifier))


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in under way. ``way``: None when it leads to no page, but to the tokens."""

    way: Way | None


@dataclass(frozen=True, slots=True)
class Returned:
    """With what a browser comes back from the provider: a code, or an error."""

    state: str
    code: str | None = None
    error: str | None = None
    issuer: str | None = None

    def check(self, us: Registered) -> str:
        """The code. Raises Unauthorized."""
        if self.issuer is not None and self.issuer != us.issuer:
            raise not_valid("it is another provider's (iss)")
        if self.code is None:
            error = self.error or ""
            why = error if error.isascii() and error.isidentifier() else "without a code"
            raise Unauthorized(f"The provider did not let you in: {why}.", field="error")
        return self.code


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    email: str
    groups: frozenset[str]


def challenge_of(verifier: str) -> str:
    return _text(sha256(verifier.encode()).digest())


def request_to(endpoint: str, us: Registered, secrets: Secrets) -> str:
    """Where the browser is sent, to log in there."""
    asked = {
        "response_type": "code",
        "client_id": us.client_id,
        "redirect_uri": us.callback,
        "scope": us.scopes,
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge": challenge_of(secrets.verifier),
        "code_challenge_method": "S256",
    }
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"


def choose_way(
    pages: tuple[str, ...], page: str | None, challenge: str | None, state: str | None
) -> Way | None:
    """``pages``: those to which a log-in may lead. None: to no page. Raises Invalid."""
    if page is None and challenge is None:
        return None
    if page is None and pages:
        page = pages[0]
    if page is None or page not in pages:
        raise Invalid(FieldFault("redirect_uri", "No log-in leads there (API_OIDC_AFTER)."))
    if challenge is None:
        raise Invalid(FieldFault("code_challenge", "A log-in that leads to a page needs one."))
    return Way(page, challenge, state)


def subject_of(claims: Mapping[str, Any], us: Registered, nonce: str, now: datetime) -> str:
    """Whom an ID token with these claims, whose signature was found good, is about.

    Raises Unauthorized, naming the claim that is wrong.
    """
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    checks = {
        "iss": claims.get("iss") == us.issuer,
        "aud": us.client_id in named,
        "azp": claims.get("azp", us.client_id if len(named) == 1 else None) == us.client_id,
        "exp": _moment(claims, "exp") > (now - _LEEWAY).timestamp(),
        "iat": _was_made_now(_moment(claims, "iat"), now),
        "nonce": hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()),
        "sub": _is_text(claims.get("sub")),
    }
    for claim, is_right in checks.items():
        if not is_right:
            raise not_valid(f"{claim} is not as it must be")
    return str(claims["sub"])


def person_of(claims: Mapping[str, Any], subject: str, us: Registered) -> Person:
    """Raises NotOpen unless the provider says that the address is theirs."""
    email, groups = claims.get("email"), claims.get(us.groups_claim, [])
    if not isinstance(email, str) or not _is_text(email) or "@" not in email:
        raise NotOpen("The provider does not tell your e-mail address.")
    if claims.get("email_verified") is not True:
        raise NotOpen("Your e-mail address is not verified at the provider.")
    named = groups if isinstance(groups, list) else [groups]
    return Person(us.issuer, subject, email, frozenset(map(str, named)))


def tells_enough(claims: Mapping[str, Any], us: Registered) -> bool:
    """Whether an ID token has what we want to know; many providers tell it elsewhere."""
    return {"email", "email_verified", us.groups_claim} <= claims.keys()


def not_valid(why: str) -> Unauthorized:
    return Unauthorized(f"What the provider answered is not valid: {why}.", field="code")


def anew(what: str, field: str) -> Unauthorized:
    reason = f"This {what} is unknown, used or over; begin anew."
    return Unauthorized(reason, field=field)


def taken() -> Conflict:
    reason = (
        "An account here has your e-mail address, and is not linked with the provider;"
        " ask an administrator."
    )
    return Conflict(reason, (FieldFault("email", reason),))


def _made(key: str, what: str) -> str:
    return _text(hmac.digest(key.encode("utf-8", "surrogatepass"), what.encode(), "sha256"))


def _text(some: bytes) -> str:
    return urlsafe_b64encode(some).rstrip(b"=").decode()


def _moment(claims: Mapping[str, Any], name: str) -> float:
    """Far in the past when there is none."""
    value = claims.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else float("-inf")


def _was_made_now(at: float, now: datetime) -> bool:
    """Since the log-in began, at the earliest."""
    return (now - LOGIN_LASTS - _LEEWAY).timestamp() <= at <= (now + _LEEWAY).timestamp()


def _is_text(value: Any) -> bool:
    """What the database can keep, at most as long as providers may make it."""
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()
