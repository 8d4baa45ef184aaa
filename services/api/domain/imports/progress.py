"""How far an import is, and the formats it comes in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.api.domain.imports.batches import RowError
from services.api.domain.imports.options import Options


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
    """``added`` and ``changed`` are clients, of a dry run those that would be; None where nobody
    counted them, as they did not before."""

    id: int
    state: ImportState
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    dry_run: bool
    added: int | None
    changed: int | None
    errors: tuple[RowError, ...]
    created_at: datetime
    finished_at: datetime | None

    @property
    def unchanged(self) -> int | None:
        """Rows after which a client was as before, or as another row made them."""
        if self.added is None or self.changed is None:
            return None
        return self.rows_accepted - self.added - self.changed


@dataclass(frozen=True, slots=True)
class Advance:
    """What a batch brings an import: ``end`` is where the next one begins."""

    end: int
    read: int
    added: int
    changed: int
    errors: Sequence[RowError]


@dataclass(frozen=True, slots=True)
class ErrorsPart:
    """Some errors of an import, one behind another; the next part has a greater ``id``."""

    id: int
    errors: Sequence[RowError]


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
    options: Options
