"""Which dead messages a request is about, and which of them it can be about."""

from typing import Any

import pytest

from services.api.domain.choices import (
    Found,
    Many,
    OfGroup,
    OfMailing,
    Skipped,
    counted,
    filters,
    sorted_out,
    why_not_replayed,
    why_not_resolved,
)
from services.api.domain.dead_letters import Dead, Group

GROUP = Group(7, "failed", "rejected", 400, None)
OTHERS = [
    Group(7, "failed", "rejected", 404, None),
    Group(7, "failed", "rejected", 400, "Refused."),
    Group(7, "failed", None, 400, None),
]


def dead(message_id: int, mailing_id: int = 7, **fields: Any) -> Dead:
    return Dead(message_id, mailing_id, 12, 1, **({"status": "failed"} | fields))


def test_messages_are_sorted_by_mailing_and_id() -> None:
    found = Found([dead(3, 9), dead(2), dead(1, 9), dead(4)])
    parts = sorted_out(found, why_not_replayed)
    assert [
        (mailing, [one.message_id for one in messages])
        for mailing, messages in parts.by_mailing.items()
    ] == [(7, [2, 4]), (9, [1, 3])]
    assert parts.skipped == []


def test_what_is_not_dead_is_skipped_with_a_reason() -> None:
    [skipped] = sorted_out(Found([dead(1)], missing=[5]), why_not_replayed).skipped
    assert skipped.message_id == 5
    assert "failed or unknown" in skipped.reason


def test_only_what_is_unknown_is_resolved() -> None:
    parts = sorted_out(Found([dead(1), dead(2, status="unknown")]), why_not_resolved)
    assert [one.message_id for one in parts.by_mailing[7]] == [2]
    reason = "It is failed: only what is unknown can be resolved."
    assert parts.skipped == [Skipped(reason, message_id=1)]


def test_what_may_have_been_accepted_is_repeated_word_for_word_or_not_at_all() -> None:
    """After a rebuild of the statistics the words may be known to nobody."""
    known = dead(1, status="unknown", text_sha256="ab" * 32)
    forgotten = dead(2, status="unknown")
    parts = sorted_out(Found([known, forgotten, dead(3)]), why_not_replayed)
    assert [one.message_id for one in parts.by_mailing[7]] == [1, 3]
    [skipped] = parts.skipped
    assert (skipped.message_id, skipped.reason[-11:]) == (2, "resolve it.")


@pytest.mark.parametrize(
    ("chosen", "asked", "total"),
    [
        (OfGroup(GROUP), (7, "failed", "rejected"), 1),
        (OfMailing(7), (7, None, None), 1111),
        (OfMailing(7, "unknown"), (7, "unknown", None), 1111),
    ],
)
def test_how_many_are_chosen_is_counted_by_groups(chosen: Many, asked: Any, total: int) -> None:
    """A group is itself alone; of a mailing stats gives only the groups that were asked for."""
    assert filters(chosen) == asked
    told = [
        {"group": _told(group), "messages": 10**place}
        for place, group in enumerate([GROUP, *OTHERS])
    ]
    assert counted(chosen, told) == total


def _told(group: Group) -> dict[str, Any]:
    names = ("mailing_id", "status", "reason", "http_status", "detail")
    return {name: getattr(group, name) for name in names}
