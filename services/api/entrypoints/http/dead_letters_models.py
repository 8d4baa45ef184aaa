"""The JSON of the desk: what is asked of it."""

from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool

from services.api.domain.choices import MOST_IDS, Chosen, OfGroup, OfMailing, TheseMessages
from services.api.domain.dead_letters import DeadStatus, group_of
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.replays import As
from services.api.entrypoints.http.common import Body, BodyId
from services.api.entrypoints.http.mailings_models import Moment

Ids = Annotated[list[BodyId], Field(min_length=1, max_length=MOST_IDS)]
GroupId = Annotated[str, Field(max_length=8_000)]

_SAYS_WHAT = ("message_ids", "group", "mailing_id", "parked")


class ReplayBody(Body):
    """What is to be sent again: exactly one of `message_ids`, `group`, `mailing_id`, `parked`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"mailing_id": 7, "status": "failed", "dry_run": True},
                {"message_ids": [3_502_146_723_328], "ends_at": "2027-03-02T20:00:00"},
                {"parked": [3]},
            ]
        }
    )

    message_ids: Ids | None = None
    group: GroupId | None = Field(default=None, description="The `id` of a group.")
    mailing_id: BodyId | None = None
    status: DeadStatus | None = Field(
        default=None, description="With `mailing_id`: only what ended so."
    )
    parked: Ids | None = Field(default=None, description="The `id`s of parked messages.")
    ends_at: Moment | None = Field(
        default=None,
        description="A deadline of their own in place of their mailing's, written as that is:"
        " with an offset when its timing is absolute, without when local.",
    )
    dry_run: StrictBool = Field(default=False, description="Only say what would be done.")

    def chosen(self) -> Chosen | tuple[int, ...]:
        """The messages; the ids of what is parked come bare. Raises Invalid."""
        given = [name for name in _SAYS_WHAT if getattr(self, name) is not None]
        if len(given) != 1:
            reason = f"Give exactly one of {', '.join(_SAYS_WHAT)}."
            raise Invalid(*(FieldFault(name, reason) for name in given or _SAYS_WHAT[:1]))
        self._check_company()
        if self.parked is not None:
            return tuple(self.parked)
        if self.message_ids is not None:
            return TheseMessages(tuple(self.message_ids))
        if self.group is not None:
            return OfGroup(group_of(self.group))
        return OfMailing(self.mailing_id or 0, self.status)

    def _check_company(self) -> None:
        faults = []
        if self.status is not None and self.mailing_id is None:
            faults.append(FieldFault("status", "It goes with mailing_id alone."))
        if self.ends_at is not None and self.parked is not None:
            faults.append(FieldFault("ends_at", "What is parked goes back as it is."))
        if faults:
            raise Invalid(*faults)


class ResolveBody(Body):
    """Messages that are unknown, and what is known of them by now."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message_ids": [3_502_146_723_328], "as": "sent"}]}
    )

    message_ids: Ids
    as_: As = Field(alias="as")
