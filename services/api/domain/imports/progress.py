"""How far an import is, and the formats it comes in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.api.domain.imports.batches import RowError


class ImportFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


class ImportState(StrEnum):
    RECEIVING = "receiving"  # the upload is under way; nobody knows the id yet
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Import:
    id: int
    state: ImportState
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    errors: tuple[RowError, ...]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class ImportTask:
    """An import to be worked through, from ``offset`` in its file on.

    The file lies in ``chunks`` pieces of ``chunk_bytes`` each, the last one shorter.
    """

    id: int
    format: ImportFormat
    chunks: int
    chunk_bytes: int
    offset: int
    rows_read: int
