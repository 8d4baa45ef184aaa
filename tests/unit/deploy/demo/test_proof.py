"""What the demo says before and after."""

from typing import Any

from deploy.demo.proof import most_told, plan_lines, proof_lines

PLAN: dict[str, Any] = {
    "audience": 2000,
    "reached": 1985,
    "expected_end": "2026-11-21T10:02:03Z",
    "left_out": {"window_passed": 15, "too_late": 0},
    "by_zone": [{}] * 407,
    "rate": {"per_second": 812.3, "basis": "measured"},
    "text": {"encoding": "GSM-7"},
    "cost": {"messages": 1985, "parts": 2020, "estimated": True},
}
PROOF: dict[str, Any] = {
    "id": 42,
    "timezone": "Asia/Kolkata",
    "attempts": [
        {
            "outcome": outcome,
            "reason": reason,
            "started_at_local": "2026-11-21T15:31:00+05:30",
            "latency_ms": 12,
            "window": {
                "opens_at_local": "2026-11-21T10:00:00+05:30",
                "closes_at_local": "2026-11-21T20:00:00+05:30",
                "tzdata": "2026b",
            },
        }
        for outcome, reason in (("retrying", "server_error"), ("sent", None))
    ],
}


def test_the_plan_in_two_sentences() -> None:
    first, second = plan_lines(PLAN)
    assert first == (
        "The plan: 1,985 of 2,000 clients in 407 zones will be reached,"
        " the others not: window_passed 15."
    )
    assert "about 2,020 SMS parts (GSM-7)" in second
    assert "at 812 messages/s (measured), ends at 10:02:03 UTC" in second


def test_the_message_with_the_most_to_tell_was_sent() -> None:
    messages = [
        {"id": 1, "status": "sent", "attempts": 1},
        {"id": 2, "status": "failed", "attempts": 6},
        {"id": 3, "status": "sent", "attempts": 2},
    ]
    found = most_told(messages)
    assert found is not None
    assert found["id"] == 3
    assert most_told([]) is None


def test_every_call_with_the_clients_clock() -> None:
    _, failed, sent = proof_lines(PROOF)
    assert "called at Sat 15:31:00 UTC+0530" in failed
    assert "failed for a while, server_error, 12 ms" in failed
    assert sent.endswith("(tz database 2026b): accepted, 12 ms")
