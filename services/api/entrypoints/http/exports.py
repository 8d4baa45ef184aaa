"""Clients as a file."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from services.api.domain.clients import ClientFilter
from services.api.domain.exports import MEDIA_TYPES, ExportFormat, format_for, takes_gzip
from services.api.domain.rights import Right
from services.api.entrypoints.http.clients import (
    CodeFilter,
    GuessedFilter,
    PhoneFilter,
    TagFilter,
    ZoneFilter,
)
from services.api.entrypoints.http.common import Wired, answers_only
from services.api.entrypoints.http.downloads import answers_file, as_file
from services.api.entrypoints.http.permissions import guarded
from services.api.handlers import exports

# Before clients' own routes, whose /{client_id} would take "export" for an id.
router = APIRouter(tags=["clients"])

_CSV = "phone,timezone,operator_code,tags,email,name\n79161234567,Europe/Moscow,916,vip,,Ann\n"
_NDJSON = '{"phone": "79161234567", "timezone": "Europe/Moscow", "tags": ["vip"]}\n'
_FILE: dict[str, Any] = answers_file({"text/csv": _CSV, "application/x-ndjson": _NDJSON})

FormatOf = Annotated[
    Literal["csv", "ndjson"] | None, Query(description="When not given, as `Accept` says; CSV.")
]


@router.get(
    "/clients/export",
    summary="Export clients to a file",
    response_class=Response,
    **guarded(Right.CLIENTS_READ, extra=_FILE),
)
async def export_clients(
    request: Request,
    wired: Wired,
    phone: PhoneFilter = None,
    tag: TagFilter = None,
    operator_code: CodeFilter = None,
    timezone: ZoneFilter = None,
    timezone_guessed: GuessedFilter = None,
    format: FormatOf = None,
) -> Response:
    """By id, as a file that can be imported again as it is; gzip by Accept-Encoding.

    In a CSV, text that spreadsheets take for a formula (`=`, `+`, `-`, `@` or a tab in front)
    has an apostrophe before it, which an import takes off. Attributes are text there: what is to be
    a number, true or false again is exported as NDJSON.
    """
    known = format_for(request.headers.get("accept", "")) if format is None else format
    kind = ExportFormat(known)
    wanted = ClientFilter(phone, tag, operator_code, timezone, timezone_guessed)
    parts = await exports.export(wired, wanted, kind)
    gzip = takes_gzip(",".join(request.headers.getlist("accept-encoding")))
    answer = as_file(parts, MEDIA_TYPES[kind], f"clients.{kind}", gzip=gzip)
    answer.headers["Vary"] = "Accept, Accept-Encoding"
    return answer


answers_only(router, "/clients/export", "GET")
