import asyncio
import resource
from pathlib import Path

from services.api.adapters.passwords import Argon2Passwords


async def test_only_the_password_matches() -> None:
    passwords = Argon2Passwords()
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$")
    assert await passwords.matches(hashed, "correct horse")
    assert not await passwords.matches(hashed, "wrong horse")
    assert not await passwords.matches("not a hash", "correct horse")


async def test_nobody_has_a_password() -> None:
    assert not await Argon2Passwords().matches(None, "correct horse")


async def test_what_a_crowd_at_the_door_took_is_given_back() -> None:
    """Each hash takes 19 MB, and glibc would keep that for every thread there has been."""
    passwords = Argon2Passwords()
    before = _resident()
    await asyncio.gather(*(passwords.matches(None, "correct horse") for _ in range(8)))
    assert _resident() - before < 19


def _resident() -> float:
    """Megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
