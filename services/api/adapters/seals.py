"""Secrets that are kept sealed: by a key that is made of one of the environment's."""

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.api.ports.webhooks import SealBroken

# So that what signs tokens is not what opens this.
_USE = b"carillon sealed secrets"
_KEY_BYTES = 32


class FernetSeals:
    def __init__(self, secret: str, old: Sequence[str] = ()) -> None:
        """``old``: secrets of before, with which something may be sealed still."""
        keys = [_key(one) for one in (secret, *old)]
        self._newest = keys[0]
        self._all = MultiFernet(keys)

    def seal(self, plain: bytes) -> bytes:
        return self._newest.encrypt(plain)

    def unseal(self, sealed: bytes) -> bytes:
        try:
            return self._all.decrypt(sealed)
        except InvalidToken:
            raise SealBroken from None

    def renew(self, sealed: bytes) -> bytes | None:
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            try:
                return self.seal(self.unseal(sealed))
            except SealBroken:
                return None
        return None


def _key(secret: str) -> Fernet:
    derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=_USE).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
