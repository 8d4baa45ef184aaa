"""Clients as a file that can be imported again as it is."""

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from services.api.domain.cells import defused, lines
from services.api.domain.clients import Client
from services.api.domain.fields import TAG_SEPARATOR, Scalar
from services.api.domain.imports.columns import ATTRIBUTE_PREFIX

COLUMNS = ("phone", "timezone", "operator_code", "tags", "email", "name")
# A table with more of them is none that people can read.
MOST_ATTRIBUTES = 1_000


class ExportFormat(StrEnum):
    CSV = "csv"
    NDJSON = "ndjson"


MEDIA_TYPES: Mapping[ExportFormat, str] = {
    ExportFormat.CSV: "text/csv",
    ExportFormat.NDJSON: "application/x-ndjson",
}


def format_for(accept: str) -> ExportFormat:
    """The first that is named of those we have; CSV where none is."""
    for named in accept.split(","):
        media_type, _, weight = named.partition(";")
        for format_, ours in MEDIA_TYPES.items():
            if media_type.strip().lower() == ours and not _is_zero(weight):
                return format_
    return ExportFormat.CSV


def takes_gzip(accept_encoding: str) -> bool:
    for named in accept_encoding.split(","):
        coding, _, weight = named.partition(";")
        if coding.strip().lower() == "gzip":
            return not _is_zero(weight)
    return False


def csv_header(attributes: Sequence[str]) -> str:
    return lines([[*COLUMNS, *(f"{ATTRIBUTE_PREFIX}{name}" for name in attributes)]])


def csv_rows(clients: Iterable[Client], attributes: Sequence[str]) -> str:
    return lines(_cells(client, attributes) for client in clients)


def ndjson_lines(clients: Iterable[Client]) -> str:
    return "".join(
        f"{json.dumps(client.profile.told(), ensure_ascii=False)}\n" for client in clients
    )


def _cells(client: Client, attributes: Sequence[str]) -> list[str | None]:
    phone, code, zone, tags, email, name, values, _ = client.profile
    texts = (TAG_SEPARATOR.join(tags), email or "", name or "")
    return [
        phone,
        zone,
        code,
        *map(defused, texts),
        *(_cell(values.get(one)) for one in attributes),
    ]


def _cell(value: Scalar) -> str | None:
    """A number that begins with a minus is no formula."""
    if isinstance(value, str):
        return defused(value)
    return None if value is None else json.dumps(value)


def _is_zero(weight: str) -> bool:
    name, _, value = weight.partition("=")
    return name.strip().lower() == "q" and value.strip().strip("0") in ("", ".")
