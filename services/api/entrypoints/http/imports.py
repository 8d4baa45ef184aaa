"""Imports of clients."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response

from services.api.domain.imports.progress import ImportFormat
from services.api.domain.imports.uploads import Gunzip, Limit, format_of, is_gzip
from services.api.domain.rights import Right
from services.api.entrypoints.http.common import PREFIX, Id, Who, Wired, location
from services.api.entrypoints.http.imports_models import ImportAccepted, ImportView
from services.api.entrypoints.http.multipart import MultipartFile, boundary_of
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import imports

IMPORT_PATH = f"{PREFIX}/clients/import"

# Before clients' own routes, whose /{client_id} would take "import" for an id.
router = APIRouter(tags=["imports"])

_CSV = "phone,timezone,tags,attributes.city\n79161234567,Europe/Moscow,vip;new,Moscow\n"
_NDJSON = '{"phone": "79161234567", "timezone": "Europe/Moscow", "tags": ["vip"]}\n'
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


@router.post(
    "/clients/import",
    summary="Import clients from a file",
    status_code=202,
    **guarded(Right.CLIENTS_WRITE, also=(413, 415), extra=_BODY),
)
async def import_clients(
    request: Request, response: Response, wired: Wired, who: Who
) -> ImportAccepted:
    """CSV or NDJSON, gzip by Content-Encoding, as the body or as one file of a form.

    Clients are known by their phone: new ones are added, others changed. The header of a CSV names
    its columns, in any order: `phone` and `timezone` (required), `operator_code`, `tags` (separated
    by `;`), `email`, `name`, `attributes.city` and the like. What a file does not mention stays as
    it is with a client who exists; an empty cell clears it. A phone may be written as people write
    it, `+7 (916) 123-45-67` or `8 916 123-45-67`. A wrong row is rejected with its reason and stops
    nothing else.
    """
    format_, pieces = await _file(request, request.app.state.import_max_bytes)
    import_id = await imports.receive(wired, format_, pieces, who)
    response.headers["Location"] = location(request, f"/imports/{import_id}")
    return ImportAccepted(id=import_id)


@router.get(
    "/imports/{import_id}",
    summary="How far an import is",
    **guarded(Right.CLIENTS_READ, also=(404,)),
)
async def get_import(import_id: Id, wired: Wired) -> ImportView:
    return ImportView.of(await imports.get_import(wired, import_id))


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
    limit = Limit(most)
    async for data in stream:
        yield limit.count(data)


async def _unpacked(stream: AsyncIterator[bytes], most: int, *, gzip: bool) -> AsyncIterator[bytes]:
    if not gzip:
        async for data in stream:
            yield data
        return
    limit, unpacker = Limit(most), Gunzip()
    async for data in stream:
        for piece in unpacker.feed(data):
            yield limit.count(piece)
    unpacker.finish()
