"""Changes of many clients at once."""

from typing import Unpack

from carillon.bodies import AnyBulkState, BulkFields
from carillon.calls import Call, get, post
from carillon.models.base import Page
from carillon.models.clients import Bulk, BulkAccepted
from carillon.operations import C, Group, listing, operation


class Bulks(Group[C]):
    @operation
    def start(self, **fields: Unpack[BulkFields]) -> Call[BulkAccepted]:
        """Gives tags to all whom a filter finds, takes tags from them, or deletes them. What comes
        of it stands under ``get``."""
        return post("/clients/bulk", BulkAccepted, fields)

    @listing
    def list(self, *, state: AnyBulkState | None = None) -> Call[Page[Bulk]]:
        """Newest first."""
        return get("/clients/bulk", Page[Bulk], query={"state": state})

    @operation
    def get(self, bulk_id: int) -> Call[Bulk]:
        """How far it is."""
        return get("/clients/bulk/{bulk_id}", Bulk, bulk_id=bulk_id)
