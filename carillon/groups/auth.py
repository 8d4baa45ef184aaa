"""Who asks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import NoneType

from carillon.bodies import given
from carillon.calls import Call, delete, get, post
from carillon.models.base import Page
from carillon.models.users import (
    ApiToken,
    IssuedTokens,
    MadeApiToken,
    ResetAsked,
    Right,
    Session,
    User,
)
from carillon.operations import C, Group, listing, operation


class Auth(Group[C]):
    """``Carillon.log_in`` and ``log_out`` also keep and forget the tokens."""

    @operation
    def login(self, email: str, password: str) -> Call[IssuedTokens]:
        """A session's tokens, which nobody keeps."""
        call = post("/auth/login", IssuedTokens, {"email": email, "password": password})
        return replace(call, is_door=True)

    @operation
    def register(self, email: str, password: str, *, invitation: str | None = None) -> Call[User]:
        """An account of one's own, as far as the server lets strangers make one."""
        body = {"email": email, "password": password} | given(invitation=invitation)
        return replace(post("/auth/register", User, body), is_door=True)

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

    @operation
    def change_password(self, current_password: str, new_password: str) -> Call[None]:
        """Ends all other sessions."""
        body = {"current_password": current_password, "new_password": new_password}
        return post("/auth/password", NoneType, body)

    @operation
    def forgot_password(self, email: str) -> Call[ResetAsked]:
        """Whoever has the address is mailed a token, with which a new one can be set."""
        call = post("/auth/password/forgot", ResetAsked, {"email": email})
        return replace(call, is_door=True)

    @operation
    def reset_password(self, token: str, password: str) -> Call[None]:
        """With the token of a mail. Ends every session."""
        body = {"token": token, "password": password}
        return replace(post("/auth/password/reset", NoneType, body), is_door=True)

    @listing
    def sessions(self) -> Call[Page[Session]]:
        """Log-ins of one's own that are alive."""
        return get("/auth/sessions", Page[Session])

    @operation
    def end_session(self, session_id: int) -> Call[None]:
        return delete("/auth/sessions/{session_id}", session_id=session_id)

    @operation
    def end_other_sessions(self) -> Call[None]:
        return delete("/auth/sessions")

    @listing
    def tokens(self) -> Call[Page[ApiToken]]:
        """API tokens of one's own."""
        return get("/auth/tokens", Page[ApiToken])

    @operation
    def create_token(
        self, name: str, scopes: Sequence[Right | str], *, expires_at: datetime | str | None = None
    ) -> Call[MadeApiToken]:
        """For programs; it is told this once."""
        body = {"name": name, "scopes": scopes} | given(expires_at=expires_at)
        return post("/auth/tokens", MadeApiToken, body)

    @operation
    def revoke_token(self, token_id: int) -> Call[None]:
        return delete("/auth/tokens/{token_id}", token_id=token_id)
