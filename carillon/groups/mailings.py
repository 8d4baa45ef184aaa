"""Mailings, from the draft to the books."""

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from carillon.bodies import MailingChanges, MailingFields, NewMailingFields, given
from carillon.calls import Call, delete, get, patch, post, put
from carillon.models.base import Page
from carillon.models.mailings import Mailing, MailingSort, MailingState, Revision, Stopped, Trials
from carillon.models.plans import MailingPlan, Plan
from carillon.models.statistics import MailingStatistics, Message, Status
from carillon.operations import C, Group, listing, operation

_ONE = "/mailings/{mailing_id}"


class Mailings(Group[C]):
    @listing
    def list(
        self,
        *,
        state: MailingState | str | None = None,
        department_id: int | None = None,
        channel: str | None = None,
        name: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        sort: MailingSort | str | None = None,
    ) -> Call[Page[Mailing]]:
        """Newest first unless sorted otherwise, without the deleted ones. ``name``: a part."""
        query = {
            "state": state,
            "department_id": department_id,
            "channel": channel,
            "name": name,
            "created_from": created_from,
            "created_to": created_to,
            "sort": sort,
        }
        return get("/mailings", Page[Mailing], query=query)

    @operation
    def create(self, **fields: Unpack[NewMailingFields]) -> Call[Mailing]:
        """It is launched at once, and starts when its interval begins, unless it is a draft."""
        return post("/mailings", Mailing, fields)

    @operation
    def get(self, mailing_id: int) -> Call[Mailing]:
        return get(_ONE, Mailing, mailing_id=mailing_id)

    @operation
    def replace(
        self, mailing_id: int, *, if_match: str | None = None, **fields: Unpack[MailingFields]
    ) -> Call[Mailing]:
        return put(_ONE, Mailing, fields, mailing_id=mailing_id).meant_for(if_match)

    @operation
    def change(
        self, mailing_id: int, *, if_match: str | None = None, **changes: Unpack[MailingChanges]
    ) -> Call[Mailing]:
        """What is not given stays. It holds for everybody not yet sent to."""
        return patch(_ONE, Mailing, changes, mailing_id=mailing_id).meant_for(if_match)

    @operation
    def delete(self, mailing_id: int, *, if_match: str | None = None) -> Call[None]:
        """Cancelled, and out of the list; its history is kept."""
        return delete(_ONE, mailing_id=mailing_id).meant_for(if_match)

    @operation
    def clone(self, mailing_id: int, **changes: Unpack[MailingChanges]) -> Call[Mailing]:
        """A draft of the same with these changes."""
        return post(f"{_ONE}/clone", Mailing, changes, mailing_id=mailing_id)

    @listing
    def revisions(self, mailing_id: int) -> Call[Page[Revision]]:
        return get(f"{_ONE}/revisions", Page[Revision], mailing_id=mailing_id)

    @operation
    def preview(
        self, *, client_id: int | None = None, **fields: Unpack[NewMailingFields]
    ) -> Call[Plan]:
        """What a launch of this would come to now; nothing is kept. ``client_id``: whose text is
        shown."""
        call = post("/mailings/preview", Plan, fields)
        return call.asking(client_id=client_id)

    @operation
    def plan(self, mailing_id: int, *, client_id: int | None = None) -> Call[MailingPlan]:
        """As the preview; of a launched mailing, for those who have no message yet."""
        query = {"client_id": client_id}
        return get(f"{_ONE}/plan", MailingPlan, query=query, mailing_id=mailing_id)

    @operation
    def launch(self, mailing_id: int, *, if_match: str | None = None) -> Call[Mailing]:
        return post(f"{_ONE}/launch", Mailing, mailing_id=mailing_id).meant_for(if_match)

    @operation
    def pause(self, mailing_id: int, *, if_match: str | None = None) -> Call[Stopped]:
        """No call begins later than a second after the answer, if it says so."""
        return post(f"{_ONE}/pause", Stopped, mailing_id=mailing_id).meant_for(if_match)

    @operation
    def resume(self, mailing_id: int, *, if_match: str | None = None) -> Call[Mailing]:
        return post(f"{_ONE}/resume", Mailing, mailing_id=mailing_id).meant_for(if_match)

    @operation
    def cancel(self, mailing_id: int, *, if_match: str | None = None) -> Call[Stopped]:
        return post(f"{_ONE}/cancel", Stopped, mailing_id=mailing_id).meant_for(if_match)

    @operation
    def test_send(
        self, mailing_id: int, phones: Sequence[str], *, client_id: int | None = None
    ) -> Call[Trials]:
        """Its text to a few numbers, at once, in nobody's books. ``client_id``: whose values the
        text takes; else those of the client of each phone."""
        body = {"phones": phones, **given(client_id=client_id)}
        return post(f"{_ONE}/test-send", Trials, body, mailing_id=mailing_id)

    @operation
    def statistics(self, mailing_id: int) -> Call[MailingStatistics]:
        return get(f"{_ONE}/statistics", MailingStatistics, mailing_id=mailing_id)

    @listing
    def messages(
        self, mailing_id: int, *, status: Status | str | None = None
    ) -> Call[Page[Message]]:
        """Clients in a wave that has not opened have no message yet."""
        query = {"status": status}
        return get(f"{_ONE}/messages", Page[Message], query=query, mailing_id=mailing_id)
