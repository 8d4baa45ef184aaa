"""The JSON of blocks."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.api.domain import fields
from services.api.domain.blocks import Block, Source
from services.api.entrypoints.http.common import Body, Instant

_BLOCK: JsonDict = {
    "id": 5,
    "client_id": 12,
    "source": "person",
    "reason": "Asked for it by telephone",
    "created_at": "2027-03-01T09:30:00Z",
    "created_by": 1,
}


class BlockBody(Body):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"client_id": 12, "reason": "Asked for it by telephone"}]}
    )

    client_id: int = Field(ge=1, le=2**63 - 1)
    reason: Annotated[str, AfterValidator(fields.name)] | None = None


class BlockView(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [_BLOCK]})

    id: int
    client_id: int
    source: Source = Field(description="Who wanted it: a `person` here, or the client (`stop`).")
    reason: str | None
    created_at: Instant
    created_by: int | None = Field(description="The user who made it.")

    @classmethod
    def of(cls, block: Block) -> "BlockView":
        return cls(
            id=block.id,
            client_id=block.client_id,
            source=block.source,
            reason=block.reason,
            created_at=block.created_at,
            created_by=block.created_by,
        )
