"""Who asks."""

from dataclasses import replace
from types import NoneType

from carillon.calls import Call, get, post
from carillon.models.users import IssuedTokens, User
from carillon.operations import C, Group, operation


class Auth(Group[C]):
    """``Carillon.log_in`` and ``log_out`` also keep and forget the tokens."""

    @operation
    def login(self, email: str, password: str) -> Call[IssuedTokens]:
        """A session's tokens, which nobody keeps."""
        call = post("/auth/login", IssuedTokens, {"email": email, "password": password})
        return replace(call, is_door=True)

    @operation
    def refresh(self, refresh_token: str) -> Call[IssuedTokens]:
        """A refresh token is good once; the client's own is renewed by itself."""
        call = post("/auth/refresh", IssuedTokens, {"refresh_token": refresh_token})
        return replace(call, is_door=True)

    @operation
    def logout(self) -> Call[None]:
        """Neither token of this session is good from now on."""
        return post("/auth/logout", NoneType)

    @operation
    def me(self) -> Call[User]:
        """Who asks, and what they may do."""
        return get("/auth/me", User)
