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
