"""Passwords as argon2id hashes, computed in threads, a few at a time."""

import asyncio
import ctypes
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

# The first choice of OWASP for argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Each takes 19 MiB while it runs: a crowd at the door must not fill the memory.
_AT_ONCE = 4
# Parameters of glibc's mallopt, and what we call large: more than any body, less than a hash takes.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGE = 4 << 20


class Argon2Passwords:
    def __init__(self) -> None:
        _give_back_what_is_large()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._nobody = _nobody()

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        async with self._slots:
            known = password_hash is not None
            return await asyncio.to_thread(_verify, password_hash or self._nobody, password) & known


@cache
def _nobody() -> str:
    """Compared with when there is no such user, so that the answer takes as long."""
    return _HASHER.hash(secrets.token_urlsafe())


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _give_back_what_is_large() -> None:
    """To the system, as soon as it is free. Once 19 MiB have been freed, glibc keeps pieces of that
    size for ever, for each thread: 38 MB after the first login, 114 after eight at once."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # other C libraries have no such habit
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, 2 * _LARGE)
