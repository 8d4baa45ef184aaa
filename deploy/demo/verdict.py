"""The comparison at the end: our books with themselves, and with the provider's."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ARRIVED = frozenset({"sent", "delivered", "undelivered"})
ANSWER_LOST = frozenset({"garbage", "dropped", "hung"})
"""Answers after which the provider has accepted and the sender cannot know it."""


@dataclass(frozen=True)
class Verdict:
    """What was counted on both sides, and every complaint; none means that all is well."""

    calls: int
    accepted: int
    distinct: int
    repeats: int
    repeats_after: Mapping[str, int]
    arrived: int
    lost_answers: int
    """Accepted by the provider, but not `sent` in our books, because every answer was lost."""
    complaints: tuple[str, ...]


def judge(
    statistics: Mapping[str, Any],
    statuses: Mapping[int, str],
    accepted: Mapping[int, Mapping[str, Any]],
    calls: int,
    repeats_after: Mapping[str, int],
) -> Verdict:
    """Compare the final statistics, the status of every message, and what was accepted.

    `accepted` may hold messages of other mailings; only ours are counted.
    """
    ours = {number: record for number, record in accepted.items() if number in statuses}
    arrived = {number for number, status in statuses.items() if status in ARRIVED}
    extra = ours.keys() - arrived
    unexplained = {number for number in extra if ours[number]["answer"] not in ANSWER_LOST}
    total = sum(record["count"] for record in ours.values())
    return Verdict(
        calls=calls,
        accepted=total,
        distinct=len(ours),
        repeats=total - len(ours),
        repeats_after=repeats_after,
        arrived=len(arrived),
        lost_answers=len(extra),
        complaints=(
            *_book_faults(statistics, Counter(statuses.values())),
            *_missing(
                arrived - ours.keys(), "are sent in our books, but never reached the provider"
            ),
            *_missing(unexplained, "were accepted and confirmed, but are not sent in our books"),
        ),
    )


def _book_faults(statistics: Mapping[str, Any], rows: Counter[str]) -> list[str]:
    faults = []
    by_status: Mapping[str, int] = statistics["by_status"]
    if statistics["state"] != "finished":
        faults.append(f"The mailing is {statistics['state']}, not finished.")
    if sum(by_status.values()) != statistics["audience"]:
        faults.append(
            f"The books do not balance: an audience of {statistics['audience']},"
            f" but {sum(by_status.values())} by status."
        )
    zones = sum(zone["audience"] for zone in statistics["by_zone"])
    if zones != statistics["audience"]:
        faults.append(f"The zones have {zones} clients, the audience is {statistics['audience']}.")
    arrived = sum(by_status.get(status, 0) for status in ARRIVED)
    listed = sum(rows[status] for status in ARRIVED)
    if arrived != listed:
        faults.append(f"The statistics count {arrived} sent, the messages are {listed}.")
    return faults


def _missing(messages: set[int], what: str) -> list[str]:
    if not messages:
        return []
    some = ", ".join(str(number) for number in sorted(messages)[:3])
    return [f"{len(messages)} messages {what} (such as {some})."]
