"""The JSON of logging in."""

from pydantic import BaseModel, Field, field_validator

from services.api.domain.users import Tokens
from services.api.entrypoints.http.common import Body


class Credentials(Body):
    email: str = Field(max_length=254, examples=["admin@example.com"])
    password: str = Field(max_length=1_000, examples=["correct horse battery staple"])

    @field_validator("email")
    @classmethod
    def is_text(cls, email: str) -> str:
        """The database refuses what is not text; no address holds it."""
        if not email.isprintable():
            raise ValueError("An e-mail address holds no control characters.")
        return email


class RefreshBody(Body):
    refresh_token: str = Field(max_length=4_000)


class TokensView(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 - the name of a scheme
    expires_in: int = Field(description="Seconds for which the access token is good.")

    @classmethod
    def of(cls, tokens: Tokens) -> "TokensView":
        return cls(
            access_token=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_in=tokens.expires_in,
        )
