"""The desk."""

from collections.abc import Sequence
from typing import Literal, Unpack

from carillon.bodies import ReplayChoice
from carillon.calls import Call, delete, get, post
from carillon.models.base import Page
from carillon.models.dead_letters import DeadGroup, DeadStatus, Outcome, Parked
from carillon.operations import C, Group, listing, operation


class DeadLetters(Group[C]):
    @listing
    def list(
        self,
        *,
        mailing_id: int | None = None,
        status: DeadStatus | str | None = None,
        reason: str | None = None,
    ) -> Call[Page[DeadGroup]]:
        """What ended failed or unknown, by cause."""
        query = {"mailing_id": mailing_id, "status": status, "reason": reason}
        return get("/dead-letters", Page[DeadGroup], query=query)

    @listing
    def parked(self, *, queue: str | None = None) -> Call[Page[Parked]]:
        """What nobody could read, newest first."""
        return get("/dead-letters/parked", Page[Parked], query={"queue": queue})

    @operation
    def drop_parked(self, parked_id: int) -> Call[None]:
        """For good."""
        return delete("/dead-letters/parked/{parked_id}", parked_id=parked_id)

    @operation
    def replay(self, **choice: Unpack[ReplayChoice]) -> Call[Outcome]:
        """Each message once more under its own id, by the mailing as it is now."""
        return post("/dead-letters/replay", Outcome, choice)

    @operation
    def resolve(
        self, message_ids: Sequence[int], became: Literal["sent", "failed"]
    ) -> Call[Outcome]:
        """For messages that are unknown, when it has become known."""
        return post("/dead-letters/resolve", Outcome, {"message_ids": message_ids, "as": became})
