"""The form of a page that was given a code; its fields are those of OAuth 2."""

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.api.entrypoints.http.common import Body

_CODE: JsonDict = {
    "grant_type": "authorization_code",
    "code": 43 * "x",
    "code_verifier": 43 * "y",
}


class CodeBody(Body):
    """What OAuth 2 has beside the code and the verifier says nothing to us."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CODE]})

    grant_type: Literal["authorization_code"] = "authorization_code"
    code: str = Field(min_length=1, max_length=200)
    code_verifier: str = Field(pattern="^[A-Za-z0-9._~-]{43,128}$")
    redirect_uri: str | None = Field(default=None, max_length=2_000)
    client_id: str | None = Field(default=None, max_length=200)
    client_secret: str | None = Field(default=None, max_length=200)
