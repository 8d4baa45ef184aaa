"""The JSON of changes of many clients."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool
from pydantic.config import JsonDict

from services.api.domain import mailing_rules
from services.api.domain.bulk import (
    Bulk,
    BulkAction,
    BulkOrder,
    BulkState,
    Whom,
    bulk_order,
)
from services.api.entrypoints.http.clients_models import OperatorCode, Phone, TagName, Tags, Zone
from services.api.entrypoints.http.common import Body, Instant

_EXAMPLE: JsonDict = {
    "id": 4,
    "state": "done",
    "action": "tag",
    "tags": ["vip"],
    "filter": {"tags": [], "operator_codes": ["916"], "timezones": [], "phones": 0},
    "dry_run": False,
    "matched": 1000,
    "changed": 990,
    "unchanged": 9,
    "refused": 1,
    "created_at": "2026-12-01T10:00:00Z",
    "finished_at": "2026-12-01T10:00:01Z",
}

_CHOICES = AfterValidator(mailing_rules.choices)


class BulkFilterBody(Body):
    """Any value of a list matches; of several lists, all must. A list that is null asks for
    nothing."""

    tags: Annotated[list[TagName], _CHOICES] | None = None
    operator_codes: Annotated[list[OperatorCode], _CHOICES] | None = None
    timezones: Annotated[list[Zone], _CHOICES] | None = None
    phones: Annotated[list[Phone], _CHOICES] | None = None

    def whom(self) -> Whom:
        lists = (self.tags, self.operator_codes, self.timezones, self.phones)
        return Whom(*(tuple(values or ()) for values in lists))


class BulkBody(Body):
    """Whom: either `filter`, which must name something, or `all`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"action": "tag", "tags": ["vip"], "filter": {"operator_codes": ["916"]}},
                {"action": "untag", "tags": ["new"], "all": True},
                {"action": "delete", "filter": {"tags": ["gone"]}, "dry_run": True},
            ]
        }
    )

    action: BulkAction
    tags: Tags = Field(default_factory=list, description="That are given or taken.")
    filter: BulkFilterBody | None = None
    all: StrictBool = Field(default=False, description="Everybody.")
    dry_run: StrictBool = Field(default=False, description="Only count them.")

    def order(self) -> BulkOrder:
        """Raises Invalid when the fields do not go together."""
        whom = Whom() if self.filter is None else self.filter.whom()
        return bulk_order(self.action, self.tags, whom, everybody=self.all, dry_run=self.dry_run)


class BulkAccepted(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 4}]})

    id: int


class BulkFilterView(BaseModel):
    """All lists empty, and no phones: everybody. `phones`: how many were named."""

    tags: list[str]
    operator_codes: list[str]
    timezones: list[str]
    phones: int


class BulkView(BaseModel):
    """`matched` are clients whom the filter found, so far; `changed`: of those, who were changed,
    or in a dry run would be; `refused`: who have too many tags for more."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: int
    state: BulkState
    action: BulkAction
    tags: list[str]
    filter: BulkFilterView
    dry_run: bool
    matched: int
    changed: int
    unchanged: int
    refused: int
    created_at: Instant
    finished_at: Instant | None

    @classmethod
    def of(cls, bulk: Bulk) -> "BulkView":
        order, whom = bulk.order, bulk.order.whom
        chosen = BulkFilterView(
            tags=list(whom.tags),
            operator_codes=list(whom.operator_codes),
            timezones=list(whom.timezones),
            phones=bulk.phones,
        )
        return cls(
            id=bulk.id,
            state=bulk.state,
            action=order.action,
            tags=list(order.tags),
            filter=chosen,
            dry_run=order.dry_run,
            matched=bulk.matched,
            changed=bulk.changed,
            unchanged=bulk.unchanged,
            refused=bulk.refused,
            created_at=bulk.created_at,
            finished_at=bulk.finished_at,
        )
