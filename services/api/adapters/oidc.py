"""An OpenID provider over HTTP.

It is told once where it is; everything else it says itself, in a document that is read anew every
hour. Each call has a limit of time and of size, and is led nowhere else.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from services.api.adapters.oidc_keys import Key, ProviderKeys
from services.api.domain.failures import Unavailable
from services.api.domain.oidc import Registered, anew, not_valid
from services.api.ports.oidc import Vouched
from shared.runtime.clock import Clock

TIMEOUT = 3.0
LARGEST_ANSWER = 1 << 18  # bytes; keys and documents are a few thousand
_KEPT_FOR = timedelta(hours=1)
_WELL_KNOWN = "/.well-known/openid-configuration"
_BY_HEADER, _BY_BODY = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True)
class Document:
    """What the provider says of itself, as far as we need it."""

    authorization: str
    token: str
    keys: str
    about: str | None
    by_header: bool  # whether it takes our secret in a header


def make_provider_client() -> httpx.AsyncClient:
    # Without compression what comes is as large as it is counted.
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    return httpx.AsyncClient(
        headers=headers, timeout=TIMEOUT, trust_env=False, follow_redirects=False
    )


class HttpProvider:
    """``secret``: None where the provider gave us none."""

    def __init__(
        self, client: httpx.AsyncClient, us: Registered, secret: str | None, clock: Clock
    ) -> None:
        self._client = client
        self._us = us
        self._secret = secret
        self._clock = clock
        self._keys = ProviderKeys(self._read_keys, clock)
        self._document: Document | None = None
        self._read_at: datetime | None = None

    async def authorization_endpoint(self) -> str:
        return (await self._described()).authorization

    async def redeem(self, code: str, verifier: str) -> Vouched:
        document = await self._described()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._us.callback,
            "code_verifier": verifier,
        }
        status, answer = await self._ask("POST", document.token, **self._named(document, form))
        if status == httpx.codes.BAD_REQUEST and answer.get("error") == "invalid_grant":
            raise anew("log-in", "code")
        if status != httpx.codes.OK:
            raise Unavailable("The OpenID provider does not take our question; look at its log.")
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str) or not isinstance(access, str):
            raise not_valid("it has no ID token")
        return Vouched(await self._keys.verified(token), access)

    async def about(self, access_token: str) -> Mapping[str, Any]:
        document = await self._described()
        if document.about is None:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        return await self._look("GET", document.about, headers=headers)

    def _named(self, document: Document, form: dict[str, str]) -> dict[str, Any]:
        """With who we are."""
        name, secret = self._us.client_id, self._secret
        if secret is None:
            return {"data": form | {"client_id": name}}
        if document.by_header:
            # RFC 6749 2.3.1: as in a form, so that both may hold a colon.
            return {"data": form, "auth": (quote(name, safe=""), quote(secret, safe=""))}
        return {"data": form | {"client_id": name, "client_secret": secret}}

    async def _described(self) -> Document:
        now = self._clock.now()
        if self._document is None or self._read_at is None or now - self._read_at > _KEPT_FOR:
            url = self._us.issuer.rstrip("/") + _WELL_KNOWN
            self._document = read_document(await self._look("GET", url), self._us.issuer)
            self._read_at = now
        return self._document

    async def _read_keys(self) -> Sequence[Key]:
        keys = (await self._look("GET", (await self._described()).keys)).get("keys")
        if not isinstance(keys, list):
            raise _unlike_itself()
        return [key for key in keys if isinstance(key, dict)]

    async def _look(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        status, answer = await self._ask(method, url, **options)
        if status != httpx.codes.OK:
            raise _away()
        return answer

    async def _ask(self, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
        """The status and the object that it answered."""
        body = bytearray()
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._client.stream(method, url, **options) as answer,
            ):
                if "content-encoding" in answer.headers:  # it was asked for none
                    raise _unlike_itself()
                async for chunk in answer.aiter_bytes():
                    body += chunk
                    if len(body) > LARGEST_ANSWER:
                        raise _unlike_itself()
            found = json.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise _away() from error
        except ValueError as error:
            raise _unlike_itself() from error
        if not isinstance(found, dict):
            raise _unlike_itself()
        return answer.status_code, found


def read_document(said: Mapping[str, Any], issuer: str) -> Document:
    """Raises Unavailable when it is another's, or not what it must be."""
    if said.get("issuer") != issuer:
        raise _unlike_itself()
    ways = said.get("token_endpoint_auth_methods_supported", [_BY_HEADER])
    about = said.get("userinfo_endpoint")
    return Document(
        authorization=_address(said.get("authorization_endpoint"), issuer),
        token=_address(said.get("token_endpoint"), issuer),
        keys=_address(said.get("jwks_uri"), issuer),
        about=None if about is None else _address(about, issuer),
        by_header=_BY_HEADER in ways or _BY_BODY not in ways,
    )


def _address(value: Any, issuer: str) -> str:
    """No less guarded than the provider itself."""
    if not isinstance(value, str):
        raise _unlike_itself()
    if urlsplit(value).scheme not in ("https", urlsplit(issuer).scheme):
        raise _unlike_itself()
    return value


def _away() -> Unavailable:
    return Unavailable("The OpenID provider does not answer now.")


def _unlike_itself() -> Unavailable:
    return Unavailable("The OpenID provider does not answer as it should.")
