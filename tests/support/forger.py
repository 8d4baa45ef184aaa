"""A provider that answers whatever a test wants, to show what is refused.

What a good provider does is tested with a certified one (tests/support/openid.py).
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm

from services.api.domain.oidc import Registered

ISSUER = "https://id.example.com/realm"
US = Registered(
    issuer=ISSUER,
    client_id="carillon",
    callback="https://api.example.com/api/v1/auth/oidc/callback",
    scopes="openid email",
    groups_claim="groups",
)
SUBJECT = "248289761001"

Json = dict[str, Any]
PrivateKey = rsa.RSAPrivateKey


def new_key() -> PrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(key: PrivateKey, **more: Any) -> Json:
    told: Json = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return told | more


OWN, OTHERS = new_key(), new_key()


@dataclass
class Forger:
    """``asked``: each path that was asked for; ``forms``: what was posted, and by whom."""

    keys: list[Json] = field(default_factory=lambda: [public(OWN, kid="own", use="sig")])
    id_token: Any = ""
    about: Json = field(default_factory=dict)
    document: Json = field(default_factory=dict)
    instead: dict[str, httpx.Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forms: list[Json] = field(default_factory=list)
    basic: list[str | None] = field(default_factory=list)

    def client(self) -> httpx.AsyncClient:
        transport = httpx.MockTransport(self._answer)
        return httpx.AsyncClient(transport=transport, follow_redirects=False)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/realm")
        self.asked.append(path)
        if path in self.instead:
            return self.instead[path]
        if request.method == "POST":
            self.forms.append(dict(parse_qsl(request.content.decode())))
            self.basic.append(request.headers.get("authorization"))
        answers: Mapping[str, Json] = {
            "/.well-known/openid-configuration": self._document(),
            "/jwks": {"keys": self.keys},
            "/token": {"id_token": self.id_token, "access_token": "opaque"},
            "/me": self.about,
        }
        return httpx.Response(200, json=answers[path])

    def _document(self) -> Json:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks",
            "userinfo_endpoint": f"{ISSUER}/me",
        } | self.document


def claims(now: datetime, own_nonce: str, **changed: Any) -> Json:
    """Good ones, but for what is changed; None: not there."""
    seconds = int(now.timestamp())
    good = {
        **{"iss": ISSUER, "sub": SUBJECT, "aud": US.client_id, "nonce": own_nonce},
        **{"iat": seconds, "exp": seconds + 300},
        **{"email": "ann@example.com", "email_verified": True, "groups": ["staff"]},
    }
    return {name: value for name, value in (good | changed).items() if value is not None}


def signed(
    said: Json, key: PrivateKey = OWN, *, kid: str | None = "own", algorithm: str = "RS256"
) -> str:
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(said, key, algorithm=algorithm, headers=headers)


def unsigned(said: Json) -> str:
    return jwt.encode(said, "", algorithm="none", headers={"kid": "own"})


def signed_with_what_is_public(said: Json) -> str:
    """HMAC with the public key as its secret: whoever verifies as the token says takes it."""
    pem = OWN.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    algorithm = jwt.get_algorithm_by_name("HS256")
    head = _part(b'{"alg":"HS256","kid":"own","typ":"JWT"}')
    body = signed(said).split(".")[1]
    return f"{head}.{body}.{_part(algorithm.sign(f'{head}.{body}'.encode(), pem))}"


def meddled(said: Json) -> str:
    """The signature of something else."""
    head, body, _ = signed(said).split(".")
    return f"{head}.{body}.{signed(said | {'sub': 'x'}).split('.')[2]}"


def _part(some: bytes) -> str:
    return urlsafe_b64encode(some).rstrip(b"=").decode()
