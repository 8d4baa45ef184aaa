"""The JSON of imports."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from services.api.domain.imports.progress import Import
from services.api.entrypoints.http.common import Instant

_EXAMPLE: JsonDict = {
    "id": 7,
    "state": "done",
    "dry_run": False,
    "rows_read": 1000,
    "rows_accepted": 999,
    "rows_rejected": 1,
    "errors": [{"row": 2, "field": "timezone", "reason": "There is no time zone 'Moscow'."}],
    "added": 900,
    "changed": 90,
    "unchanged": 9,
    "created_at": "2026-12-01T10:00:00Z",
    "finished_at": "2026-12-01T10:00:01Z",
}
_SUMMARY: JsonDict = {name: value for name, value in _EXAMPLE.items() if name != "errors"}


class ImportAccepted(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7}]})

    id: int


class RowErrorView(BaseModel):
    row: int
    field: str | None
    reason: str


class ImportSummary(BaseModel):
    """`added` and `changed` are clients, of a dry run those that would be; `unchanged` are the
    other rows that were accepted. A dry run looks at ten thousand rows at a time: a phone that
    comes again behind them counts again."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SUMMARY]})

    id: int
    state: Literal["running", "done", "failed"]
    dry_run: bool
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    added: int | None
    changed: int | None
    unchanged: int | None
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, one: Import) -> Self:
        return cls.model_validate(one, from_attributes=True)


class ImportView(ImportSummary):
    """`errors` are the first hundred; rows count from 1, and the header of a CSV is row 0."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    errors: list[RowErrorView]
