"""Imports of clients."""

from os import PathLike

from carillon.calls import Call, get
from carillon.models.clients import Import, ImportAccepted
from carillon.operations import C, Group, operation
from carillon.uploads import Upload, of_path


class Imports(Group[C]):
    @operation
    def upload(self, file: Upload | str | PathLike[str]) -> Call[ImportAccepted]:
        """A CSV or NDJSON file, by its name's end, or of a kind that an Upload tells. It is read
        piece by piece and goes as gzip; what ends in .gz goes as it is. What comes of it stands
        under ``get``."""
        upload = file if isinstance(file, Upload) else of_path(file)
        return Call("POST", "/clients/import", ImportAccepted, upload=upload)

    @operation
    def get(self, import_id: int) -> Call[Import]:
        """How far it is, and which rows were rejected."""
        return get("/imports/{import_id}", Import, import_id=import_id)
