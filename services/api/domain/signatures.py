"""How a webhook is signed, whichever way it goes: the convention of Standard Webhooks.

Three headers go with the body: ``webhook-id`` (the same when the same is sent again),
``webhook-timestamp`` (Unix seconds of this very request) and ``webhook-signature``
(``v1,<base64>``, the HMAC-SHA256 of ``<id>.<timestamp>.<body>``; while a secret is being changed
there are several, with blanks between). The instant is signed too, so that whoever has read a
request cannot send it again later. https://www.standardwebhooks.com
"""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
# How far the clocks of two who talk to each other may be apart, the way between them included.
TOLERANCE = timedelta(minutes=5)

SECRET_PREFIX = "whsec_"  # noqa: S105 - no secret by itself
_SECRET_BYTES = 32
# What the convention allows. A shorter one could be found by trying.
_SHORTEST, _LONGEST = 24, 64
_VERSION = "v1"
# More than anybody has secrets at a time: no reason to compare what goes on for ever.
_MOST_SIGNATURES = 16


class NotSigned(Exception):
    """The sentence says why, and nothing of what would be right: the one who sent it reads it."""


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """What a secret signs with. Raises ValueError when it is none: ``whsec_`` (may be left out) and
    the base64 of 24 to 64 bytes."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("A secret is whsec_ and base64.") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"A secret has {_SHORTEST} to {_LONGEST} bytes.")
    return key


def sign(keys: Iterable[bytes], id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers; with a signature by each of the keys, that of now first."""
    seconds = str(int(at.timestamp()))
    signatures = (_encoded(_hmac(key, id_, seconds, body)) for key in keys)
    return {ID: id_, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def verify(
    headers: Mapping[str, str],
    keys: Iterable[bytes],
    body: bytes,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """The id. ``headers`` are named in lower case, or do not care; ``keys``: any of them will do.

    Raises NotSigned.
    """
    id_, seconds, given = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not (id_ and seconds and given):
        raise NotSigned(f"It must have {ID}, {TIMESTAMP} and {SIGNATURE}.")
    _check_instant(seconds, now, tolerance)
    wanted = [_hmac(key, id_, seconds, body) for key in keys]
    # All are compared with all, so that the time it takes tells nothing.
    matches = [hmac.compare_digest(one, mine) for one in _decoded(given) for mine in wanted]
    if not any(matches):
        raise NotSigned("No signature of it is right.")
    return id_


def _check_instant(seconds: str, now: datetime, tolerance: timedelta) -> None:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        raise NotSigned(f"{TIMESTAMP} must be Unix seconds.")
    behind = now.timestamp() - int(seconds)
    if abs(behind) > tolerance.total_seconds():
        how = "too old" if behind > 0 else "of the future"
        raise NotSigned(f"{TIMESTAMP} is {how}; is a clock wrong?")


def _hmac(key: bytes, id_: str, seconds: str, body: bytes) -> bytes:
    # A header is read as Latin-1: this takes whatever came back to the bytes it came as.
    head = f"{id_}.{seconds}.".encode("latin-1", "replace")
    return hmac.digest(key, head + body, sha256)


def _encoded(signature: bytes) -> str:
    return f"{_VERSION},{base64.b64encode(signature).decode()}"


def _decoded(header: str) -> list[bytes]:
    """Those of our version; others may stand beside them."""
    found = []
    for word in header.split(" ")[:_MOST_SIGNATURES]:
        version, _, signature = word.partition(",")
        if version == _VERSION:
            try:
                found.append(base64.b64decode(signature, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
