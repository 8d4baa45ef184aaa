"""Secrets that open something to whoever has them: API tokens, invitations, new passwords.

Each is told once and kept as its digest. It has 256 bits of chance in it, so nobody finds it by
trying, and a plain digest is as good as a slow one.
"""

import secrets
import string
from hashlib import sha256

# Scanners of secrets find a token of ours in somebody's repository by this word.
API_TOKEN_PREFIX = "carillon_"  # noqa: S105 - no token by itself
# Letters and digits only: a double click takes all of it. 43 of 62 are 256 bits.
_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 43


def new_key(prefix: str = "") -> str:
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def is_api_token(token: str) -> bool:
    """Tells it from an access token, which is a JSON Web Token."""
    return token.startswith(API_TOKEN_PREFIX)
