"""The JSON of API tokens."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.api_tokens import ApiToken, NewApiToken
from services.api.domain.rights import Right
from services.api.entrypoints.http.clients_models import Name
from services.api.entrypoints.http.common import Body, Instant

Scopes = Annotated[
    list[Right], Field(min_length=1, max_length=len(Right), description="Rights that you have.")
]

_BODY: JsonDict = {
    "name": "Nightly import",
    "scopes": ["clients:read", "clients:write"],
    "expires_at": "2028-01-01T00:00:00Z",
}
_TOKEN: JsonDict = {
    "id": 5,
    "name": "Nightly import",
    "scopes": ["clients:read", "clients:write"],
    "created_at": "2027-02-01T09:00:00Z",
    "expires_at": "2028-01-01T00:00:00Z",
    "last_used_at": "2027-03-01T02:00:00Z",
}
_MADE: JsonDict = {
    **_TOKEN,
    "last_used_at": None,
    "token": "carillon_" + 43 * "x",
}


class ApiTokenBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_BODY]})

    name: Name
    scopes: Scopes
    expires_at: Instant | None = Field(default=None, description="Null: it does not expire.")

    def new_token(self) -> NewApiToken:
        return NewApiToken(self.name, frozenset(self.scopes), self.expires_at)


class ApiTokenView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_TOKEN]})

    id: int
    name: str
    scopes: list[Right]
    created_at: Instant
    expires_at: Instant | None
    last_used_at: Instant | None = Field(description="To the minute; null: never yet.")

    @classmethod
    def of(cls, token: ApiToken) -> "ApiTokenView":
        return cls(**_told(token))


class MadeApiTokenView(ApiTokenView):
    model_config = ConfigDict(json_schema_extra={"examples": [_MADE]})

    token: str = Field(description="The secret. It is shown this once.")

    @classmethod
    def made(cls, token: ApiToken, key: str) -> "MadeApiTokenView":
        return cls(**_told(token), token=key)


def _told(token: ApiToken) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
