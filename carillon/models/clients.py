"""Clients, their tags, imports of them."""

from pydantic import JsonValue

from carillon.models.base import Instant, Model, Words


class ClientSort(Words):
    OLDEST = "id"
    NEWEST = "-id"
    CHANGED = "updated_at"
    CHANGED_LAST = "-updated_at"


class Client(Model):
    id: int
    revision: int
    phone: str
    operator_code: str
    timezone: str
    timezone_guessed: bool
    tags: list[str]
    email: str | None
    name: str | None
    attributes: dict[str, JsonValue]
    blocked: bool
    created_at: Instant
    updated_at: Instant


class Tag(Model):
    name: str
    created_at: Instant


class CountedTag(Tag):
    clients: int


class ImportState(Words):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ImportAccepted(Model):
    id: int


class RowError(Model):
    """Rows count from 1; the header of a CSV is row 0."""

    row: int
    field: str | None
    reason: str


class ImportSummary(Model):
    """``added`` and ``changed`` are clients, of a dry run those that would be; ``unchanged`` are
    the other rows that were accepted."""

    id: int
    state: ImportState
    dry_run: bool
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    added: int | None
    changed: int | None
    unchanged: int | None
    created_at: Instant
    finished_at: Instant | None


class Import(ImportSummary):
    """``errors`` are the first hundred."""

    errors: list[RowError]


class BulkAction(Words):
    TAG = "tag"
    UNTAG = "untag"
    DELETE = "delete"


class BulkState(Words):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BulkAccepted(Model):
    id: int


class BulkFilter(Model):
    """``phones``: how many were named."""

    tags: list[str]
    operator_codes: list[str]
    timezones: list[str]
    phones: int


class Bulk(Model):
    """A change of many clients. ``matched``: whom the filter found so far; ``changed``: of those,
    who were changed, or in a dry run would be; ``refused``: who have too many tags for more."""

    id: int
    state: BulkState
    action: BulkAction
    tags: list[str]
    filter: BulkFilter
    dry_run: bool
    matched: int
    changed: int
    unchanged: int
    refused: int
    created_at: Instant
    finished_at: Instant | None
