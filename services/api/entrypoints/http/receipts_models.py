"""The JSON of what providers bring."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain.inbound import Inbound
from services.api.domain.stopping import LONGEST_TEXT
from services.api.entrypoints.http.common import Body, Moment
from shared.contracts.receipts import Receipt

MOST_RECEIPTS = 1_000
MOST_INBOUND = 100

_EXAMPLE: JsonDict = {
    "receipts": [
        {"message_id": 7411837283911237634, "status": "delivered", "at": "2027-03-01T09:30:04Z"},
        {
            "message_id": 7411837283911237635,
            "status": "undelivered",
            "at": "2027-03-01T09:30:04Z",
            "reason": "absent_subscriber",
        },
    ],
    "inbound": [{"phone": "79161234567", "text": "STOP", "at": "2027-03-01T09:31:00Z"}],
}


class ReceiptBody(Body):
    message_id: int = Field(ge=1, le=2**63 - 1, description="The id that the call had.")
    status: Literal["delivered", "undelivered"]
    at: Moment
    reason: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,64}$")] | None = Field(
        default=None, description="A word or a code, such as `absent_subscriber`."
    )

    def receipt(self) -> Receipt:
        return Receipt(self.message_id, self.status, self.at, self.reason)


class InboundBody(Body):
    phone: Annotated[str, Field(max_length=64)] | Annotated[int, Field(ge=0, le=10**15)]
    text: str = Field(max_length=LONGEST_TEXT, description="Looked at for STOP; never kept.")
    at: Moment

    def inbound(self) -> Inbound:
        return Inbound(str(self.phone), self.text, self.at)


class ReceiptsBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    receipts: list[ReceiptBody] = Field(default=[], max_length=MOST_RECEIPTS)
    inbound: list[InboundBody] = Field(
        default=[], max_length=MOST_INBOUND, description="What clients have answered."
    )


class TakenView(BaseModel):
    """How many were taken."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"receipts": 2, "inbound": 1}]})

    receipts: int
    inbound: int

    @classmethod
    def of(cls, body: ReceiptsBody) -> Self:
        return cls(receipts=len(body.receipts), inbound=len(body.inbound))
