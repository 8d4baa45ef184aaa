"""Imports of clients."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator

from services.api.domain import fields
from services.api.domain.cells import defused, lines
from services.api.domain.imports.batches import RowError
from services.api.domain.imports.options import Delimiter, Options, names_from
from services.api.domain.imports.progress import ImportFormat, ImportState
from services.api.domain.imports.uploads import Gunzip, format_of, is_gzip
from services.api.domain.imports.uploads import Limit as Counter
from services.api.domain.rights import Right
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    PREFIX,
    Cursor,
    Id,
    Limit,
    PageView,
    Who,
    Wired,
    answers_only,
    location,
)
from services.api.entrypoints.http.downloads import answers_file, as_file
from services.api.entrypoints.http.imports_models import ImportAccepted, ImportSummary, ImportView
from services.api.entrypoints.http.multipart import MultipartFile, boundary_of
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import imports

IMPORT_PATH = f"{PREFIX}/clients/import"

# Before clients' own routes, whose /{client_id} would take "import" for an id.
router = APIRouter(tags=["imports"])

_CSV = "phone,timezone,tags,attributes.city\n79161234567,Europe/Moscow,vip;new,Moscow\n"
_NDJSON = '{"phone": "79161234567", "timezone": "Europe/Moscow", "tags": ["vip"]}\n'
_AS_NAMED: list[str] = []
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": _CSV},
            "application/x-ndjson": {"schema": {"type": "string"}, "example": _NDJSON},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                },
                "encoding": {"file": {"contentType": "text/csv, application/x-ndjson"}},
            },
        },
    }
}

_ERRORS: dict[str, Any] = answers_file(
    {"text/csv": "row,field,reason\n2,timezone,There is no time zone 'Moscow'.\n"}
)

DryRun = Annotated[
    bool, Query(description="Everything is checked and counted, nothing is written.")
]
Columns = Annotated[
    list[str],
    Query(
        alias="map",
        description="`NAME:FIELD`, again for each column of a CSV that is named otherwise; without"
        " a field it is passed over.",
        examples=[["Телефон:phone", "City:attributes.city"]],
    ),
]
Separator = Annotated[
    Delimiter | None,
    Query(description="Of the cells of a CSV; when not given, as the header looks."),
]
Guess = Annotated[
    bool,
    Query(
        description="Of whom the file tells no time zone, it is guessed from the number, if that"
        " tells one; a zone that is known already stays."
    ),
]
Otherwise = Annotated[
    Annotated[str, AfterValidator(fields.timezone)] | None,
    Query(
        description="With `guess_timezone`: the zone of those whose number tells none, as those of"
        " mobile networks do; marked as guessed too. Without it these rows are rejected."
    ),
]
StateFilter = Annotated[Literal["running", "done", "failed"] | None, Query()]


@router.post(
    "/clients/import",
    summary="Import clients from a file",
    status_code=202,
    **guarded(Right.CLIENTS_WRITE, also=(413, 415), extra=_BODY),
)
async def import_clients(
    request: Request,
    response: Response,
    wired: Wired,
    who: Who,
    dry_run: DryRun = False,
    columns: Columns = _AS_NAMED,
    delimiter: Separator = None,
    guess_timezone: Guess = False,
    default_timezone: Otherwise = None,
) -> ImportAccepted:
    """CSV or NDJSON, gzip by Content-Encoding, as the body or as one file of a form.

    Clients are known by their phone: new ones are added, others changed. The header of a CSV names
    its columns, in any order: `phone` and `timezone` (required), `operator_code`, `tags` (separated
    by `;`), `email`, `name`, `attributes.city` and the like. What a file does not mention stays as
    it is with a client who exists; an empty cell clears it. A phone may be written as people write
    it, `+7 (916) 123-45-67` or `8 916 123-45-67`. A wrong row is rejected with its reason and stops
    nothing else. An apostrophe before `=`, `+`, `-` or `@` at the beginning of a cell is taken off:
    spreadsheets mark text by it, and so does our export.
    """
    names = names_from(columns)
    options = Options(dry_run, delimiter, names, guess_timezone, default_timezone)
    format_, pieces = await _file(request, request.app.state.import_max_bytes)
    imports.check(format_, options)
    import_id = await imports.receive(wired, format_, pieces, who, options)
    response.headers["Location"] = location(request, f"/imports/{import_id}")
    return ImportAccepted(id=import_id)


answers_only(router, "/clients/import", "POST")


@router.get("/imports", summary="List imports", **guarded(Right.CLIENTS_READ))
async def list_imports(
    wired: Wired,
    state: StateFilter = None,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> PageView[ImportSummary]:
    """Newest first, without their errors."""
    known = None if state is None else ImportState(state)
    page = await imports.list_imports(wired, known, limit, cursor)
    return PageView(items=list(map(ImportSummary.of, page.items)), next_cursor=page.next_cursor)


@router.get(
    "/imports/{import_id}",
    summary="How far an import is",
    **guarded(Right.CLIENTS_READ, also=(404,)),
)
async def get_import(import_id: Id, wired: Wired) -> ImportView:
    return ImportView.of(await imports.get_import(wired, import_id))


@router.get(
    "/imports/{import_id}/errors",
    summary="All rows that an import rejected, as a file",
    response_class=Response,
    **guarded(Right.CLIENTS_READ, also=(404,), extra=_ERRORS),
)
async def get_import_errors(import_id: Id, wired: Wired) -> Response:
    """CSV: row, field, reason. Of a running import those so far; of very many the first 100,000,
    and a last line, of row 0, that says so."""
    parts = await imports.errors_of(wired, import_id)
    return as_file(_error_lines(parts), "text/csv", f"import-{import_id}-errors.csv")


async def _error_lines(parts: AsyncIterator[Sequence[RowError]]) -> AsyncIterator[str]:
    yield lines([("row", "field", "reason")])
    async for errors in parts:
        yield lines((one.row, defused(one.field or ""), defused(one.reason)) for one in errors)


async def _file(request: Request, most: int) -> tuple[ImportFormat, AsyncIterator[bytes]]:
    content_type = request.headers.get("content-type", "")
    encoding = request.headers.get("content-encoding", "")
    stream = _limited(request.stream(), most)
    if not content_type.lower().startswith("multipart/form-data"):
        return format_of(content_type), _unpacked(stream, most, gzip=is_gzip(encoding))
    if is_gzip(encoding):
        stream = _unpacked(stream, most, gzip=True)
    file = MultipartFile(stream, boundary_of(content_type))
    await file.open()
    gzip = is_gzip("", file.filename)
    return format_of(file.content_type, file.filename), _unpacked(aiter(file), most, gzip=gzip)


async def _limited(stream: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """Packed or not, nothing longer than the limit is read to its end."""
    limit = Counter(most)
    async for data in stream:
        yield limit.count(data)


async def _unpacked(stream: AsyncIterator[bytes], most: int, *, gzip: bool) -> AsyncIterator[bytes]:
    if not gzip:
        async for data in stream:
            yield data
        return
    limit, unpacker = Counter(most), Gunzip()
    async for data in stream:
        for piece in unpacker.feed(data):
            yield limit.count(piece)
    unpacker.finish()
