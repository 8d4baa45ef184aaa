"""What Carillon says before and after: the plan, and the proof of one message."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

Json = Mapping[str, Any]

# The classes of what the provider may answer to a call, as a person would say it.
_TOLD = {"sent": "accepted", "retrying": "failed for a while"}


def plan_lines(plan: Json) -> Iterator[str]:
    """The preview in two sentences."""
    left_out = ", ".join(f"{reason} {n}" for reason, n in plan["left_out"].items() if n)
    yield (
        f"The plan: {plan['reached']:,} of {plan['audience']:,} clients in"
        f" {len(plan['by_zone'])} zones will be reached, the others not: {left_out or 'nobody'}."
    )
    cost = plan["cost"]
    about = "about " if cost["estimated"] else ""
    yield (
        f"It takes {about}{cost['parts']:,} SMS parts ({plan['text']['encoding']}) and, at"
        f" {plan['rate']['per_second']:,.0f} messages/s ({plan['rate']['basis']}), ends at"
        f" {_clock(plan['expected_end'])} UTC."
    )


def most_told(messages: Iterable[Json]) -> Json | None:
    """The sent message with the most calls: it has the most to tell."""
    sent = [message for message in messages if message["status"] == "sent"]
    return max(sent, key=lambda message: message["attempts"], default=None)


def proof_lines(proof: Json) -> Iterator[str]:
    """One message, call by call."""
    yield f"The proof of message {proof['id']} ({proof['timezone']}):"
    for attempt in proof["attempts"]:
        window = attempt["window"]
        outcome = _TOLD.get(attempt["outcome"], attempt["outcome"])
        reason = f", {attempt['reason']}" if attempt["reason"] else ""
        yield (
            f"  called at {_local(attempt['started_at_local'])} by the client's clock,"
            f" window {_local(window['opens_at_local'])} to {_local(window['closes_at_local'])}"
            f" (tz database {window['tzdata']}): {outcome}{reason},"
            f" {attempt['latency_ms']} ms"
        )


def _clock(instant: str | None) -> str:
    return "an unknown time" if instant is None else f"{datetime.fromisoformat(instant):%H:%M:%S}"


def _local(instant: str) -> str:
    moment = datetime.fromisoformat(instant)
    return f"{moment:%a %H:%M:%S UTC%z}"
