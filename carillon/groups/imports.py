"""Imports of clients."""

from collections.abc import Mapping
from os import PathLike

from carillon.bodies import AnyDelimiter, AnyImportState
from carillon.calls import Call, download, get
from carillon.downloads import Download, to_path
from carillon.models.base import Page
from carillon.models.clients import Import, ImportAccepted, ImportSummary
from carillon.operations import C, Group, listing, operation
from carillon.uploads import Upload, of_path


class Imports(Group[C]):
    @operation
    def upload(
        self,
        file: Upload | str | PathLike[str],
        *,
        dry_run: bool | None = None,
        columns: Mapping[str, str] | None = None,
        delimiter: AnyDelimiter | None = None,
        guess_timezone: bool | None = None,
        default_timezone: str | None = None,
    ) -> Call[ImportAccepted]:
        """A CSV or NDJSON file, by its name's end, or of a kind that an Upload tells. It is read
        piece by piece and goes as gzip; what ends in .gz goes as it is. What comes of it stands
        under ``get``. ``columns``: what a column of a CSV is here, by its name there.
        ``guess_timezone``: from the number, where the file tells none; ``default_timezone``: where
        the number does not tell it either."""
        upload = file if isinstance(file, Upload) else of_path(file)
        pairs = None if columns is None else [f"{name}:{ours}" for name, ours in columns.items()]
        query = {
            **{"dry_run": dry_run, "map": pairs, "delimiter": delimiter},
            **{"guess_timezone": guess_timezone, "default_timezone": default_timezone},
        }
        return Call("POST", "/clients/import", ImportAccepted, query=query, upload=upload)

    @listing
    def list(self, *, state: AnyImportState | None = None) -> Call[Page[ImportSummary]]:
        """Newest first."""
        return get("/imports", Page[ImportSummary], query={"state": state})

    @operation
    def get(self, import_id: int) -> Call[Import]:
        """How far it is, and which rows were rejected."""
        return get("/imports/{import_id}", Import, import_id=import_id)

    @operation
    def errors(self, import_id: int, to: Download | str | PathLike[str]) -> Call[None]:
        """Every row that was rejected, as CSV: row, field, reason."""
        file = to if isinstance(to, Download) else to_path(to, "text/csv")
        return download("/imports/{import_id}/errors", file, import_id=import_id)
