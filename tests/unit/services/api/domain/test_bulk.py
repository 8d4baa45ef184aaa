"""What becomes of many clients: who is changed, who stays, who cannot be."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.domain.bulk import BulkAction, BulkOrder, Whom, bulk_order, decide
from services.api.domain.clients import Client, Profile, Tombstone
from services.api.domain.failures import Invalid
from services.api.domain.fields import MOST_TAGS
from shared.contracts.gates import Gate

THEN, NOW = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
VIPS = Whom(tags=("vip",))
FULL = tuple(f"t{number}" for number in range(MOST_TAGS))


def client(number: int, *tags: str) -> Client:
    return Client(number, 3, Profile(f"7916000000{number}", "916", "UTC", tags), THEN, THEN)


def order(action: str, *tags: str) -> BulkOrder:
    return BulkOrder(BulkAction(action), Whom(), tags)


@pytest.mark.parametrize(
    ("asked", "before", "after"),
    [
        (order("tag", "new"), ("a",), ("a", "new")),
        (order("tag", "new", "b"), ("b", "a"), ("b", "a", "new")),
        (order("untag", "a"), ("b", "a", "c"), ("b", "c")),
        (order("untag", "a", "x", "b"), ("b", "a"), ()),
        # Who has too many from before may still lose some.
        (order("untag", "t0"), (*FULL, "more"), (*FULL[1:], "more")),
        (order("tag", "t0"), FULL[:-1], None),
        (order("tag", "t0"), FULL, None),
        (order("untag", "x"), ("a",), None),
    ],
)
def test_tags_that_are_given_and_taken(
    asked: BulkOrder, before: tuple[str, ...], after: tuple[str, ...] | None
) -> None:
    outcome = decide(asked, [client(1, *before)], NOW)
    told = [(one.revision, one.profile.tags, one.updated_at) for one in outcome.changed]
    assert told == ([] if after is None else [(4, after, NOW)])
    assert (outcome.clients(), outcome.refused) == (len(outcome.changed), 0)
    assert outcome.gates == []


def test_who_has_too_many_tags_for_more_is_counted_and_left_alone() -> None:
    outcome = decide(order("tag", "new"), [client(1, *FULL), client(2)], NOW)
    assert [one.id for one in outcome.changed] == [2]
    assert outcome.refused == 1


def test_who_is_deleted_is_stopped_as_one_by_one() -> None:
    outcome = decide(order("delete"), [client(1), client(2)], NOW)
    assert outcome.buried == [Tombstone(1, 4), Tombstone(2, 4)]
    assert outcome.gates == [Gate(kind="client", id=id_, revision=4, closed=True) for id_ in (1, 2)]
    assert outcome.clients() == 2


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"action": "delete"}, ["filter"]),
        ({"action": "delete", "everybody": True, "tags": ["vip"]}, ["tags"]),
        ({"action": "delete", "everybody": True, "whom": VIPS}, ["all"]),
        ({"action": "tag", "everybody": True}, ["tags"]),
        ({"action": "untag"}, ["tags", "filter"]),
        ({"action": "delete", "everybody": True}, []),
        ({"action": "delete", "whom": VIPS}, []),
        ({"action": "tag", "tags": ["a"], "whom": Whom(phones=("79160000000",))}, []),
        ({"action": "tag", "tags": ["a"], "whom": Whom(timezones=("UTC",))}, []),
        ({"action": "tag", "tags": ["a"], "whom": Whom(operator_codes=("916",))}, []),
    ],
)
def test_everybody_is_meant_by_who_says_so(given: dict[str, Any], fields: list[str]) -> None:
    values: dict[str, Any] = {"tags": [], "whom": Whom(), "everybody": False, "dry_run": False}
    values |= given | {"action": BulkAction(given["action"])}
    if not fields:
        assert bulk_order(**values).tags == tuple(values["tags"])
        return
    with pytest.raises(Invalid) as caught:
        bulk_order(**values)
    assert [error.field for error in caught.value.errors] == fields
