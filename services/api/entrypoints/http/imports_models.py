"""The JSON of imports."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.api.domain.imports.progress import Import
from services.api.entrypoints.http.common import Instant


class ImportAccepted(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7}]})

    id: int


class RowErrorView(BaseModel):
    row: int
    field: str | None
    reason: str


class ImportView(BaseModel):
    """`errors` are the first hundred; rows count from 1, and the header of a CSV is row 0."""

    id: int
    state: Literal["running", "done", "failed"]
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    errors: list[RowErrorView]
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, one: Import) -> "ImportView":
        return cls.model_validate(one, from_attributes=True)
