"""The books of all mailings, and single messages."""

from carillon.calls import Call, get
from carillon.models.base import Page
from carillon.models.statistics import AllStatistics, CountedMailing, Proof
from carillon.operations import C, Group, listing, operation


class Statistics(Group[C]):
    @listing
    def mailings(self) -> Call[Page[CountedMailing]]:
        """Newest first."""
        pages: type[Page[CountedMailing]] = AllStatistics
        return get("/statistics", pages)

    @operation
    def overview(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[AllStatistics]:
        """A page of it, and the total over all."""
        return get("/statistics", AllStatistics, query={"limit": limit, "cursor": cursor})


class Messages(Group[C]):
    @operation
    def get(self, message_id: int) -> Call[Proof]:
        """The proof: the window, by which clock, and what the provider answered to each call."""
        return get("/messages/{message_id}", Proof, message_id=message_id)
