"""The JSON of test messages."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.trials import MOST_PHONES, TrialText
from services.api.entrypoints.http.clients_models import Phone
from services.api.entrypoints.http.common import Body, BodyId

_EXAMPLE: JsonDict = {"phones": ["79161234567"], "client_id": 12}
_ANSWER: JsonDict = {
    "messages": [
        {
            "message_id": 3_502_146_723_328,
            "phone": "79161234567",
            "text": "Hello Ann!",
            "encoding": "GSM-7",
            "parts": 1,
        }
    ]
}


class TrialsBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    phones: Annotated[list[Phone], Field(min_length=1, max_length=MOST_PHONES)]
    client_id: BodyId | None = Field(
        default=None,
        description="Whose values the text takes; without it, those of the client of each phone.",
    )


class TrialView(BaseModel):
    message_id: int
    phone: str
    text: str
    encoding: Literal["GSM-7", "UCS-2"]
    parts: int = Field(description="The SMS it takes.")

    @classmethod
    def of(cls, message_id: int, trial: TrialText) -> "TrialView":
        size = trial.size
        return cls(
            message_id=message_id,
            phone=trial.phone,
            text=trial.text,
            encoding=size.encoding,
            parts=size.parts,
        )


class TrialsView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_ANSWER]})

    messages: list[TrialView]
