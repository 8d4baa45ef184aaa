"""What the demo shows."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from deploy.demo import screen
from deploy.demo.verdict import Verdict

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def zone(name: str, opens_at: str | None, **by_status: int) -> dict[str, Any]:
    return {
        "timezone": name,
        "opens_at": opens_at,
        "audience": sum(by_status.values()),
        "by_status": by_status,
    }


def statistics(*zones: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": "running",
        "audience": sum(one["audience"] for one in zones),
        "by_status": {"waiting": 5, "sent": 7, "failed": 0},
        "by_zone": list(zones),
        "rate_per_second": None,
        "in_flight": 3,
    }


RUNNING = statistics(
    zone("Asia/Tokyo", "2026-11-21T12:30:00Z", waiting=3),
    zone("Europe/Moscow", "2026-11-21T12:10:00Z", waiting=2),
    zone("Europe/Paris", "2026-11-21T11:00:00Z", sent=7),
    zone("Atlantic/Azores", None, expired=1),
)


def shown(renderable: Any) -> str:
    console = Console(width=100, force_terminal=False)
    with console.capture() as caught:
        console.print(renderable)
    return caught.get()


def verdict(**changes: Any) -> Verdict:
    facts: dict[str, Any] = {
        "calls": 10,
        "accepted": 9,
        "distinct": 7,
        "repeats": 2,
        "repeats_after": {"dropped": 2},
        "arrived": 7,
        "lost_answers": 0,
        "complaints": (),
    }
    return Verdict(**{**facts, **changes})


def test_the_next_zone_comes_first_with_its_own_clock() -> None:
    text = shown(screen.frame(RUNNING, NOW))

    assert text.index("Europe/Moscow") < text.index("Asia/Tokyo")
    assert "15:00:00" in text  # Moscow's clock now
    assert "15:10" in text
    assert "600 s" in text
    assert "Paris" not in text


def test_before_the_plan_there_is_nothing_to_show_but_that() -> None:
    assert "Being planned." in shown(screen.frame(statistics(), NOW))
    assert "0 zones" not in screen.line(statistics(), NOW)


def test_a_line_names_what_is_not_nothing_and_the_next_zone() -> None:
    assert screen.line(RUNNING, NOW) == (
        "running: waiting 5, sent 7 (0 messages/s); 2 zones still closed, next Europe/Moscow"
        " at 15:10 local"
    )


def test_reasons_are_counted_with_their_zones() -> None:
    messages: list[dict[str, Any]] = [
        {"status": "expired", "reason": "window_passed", "timezone": "Atlantic/Azores"},
        {"status": "expired", "reason": "window_passed", "timezone": "Atlantic/Azores"},
        {"status": "failed", "reason": None, "timezone": "Asia/Tokyo"},
        {"status": "sent", "reason": None, "timezone": "Europe/Paris"},
    ]

    text = shown(screen.reasons_table(messages))

    assert "window_passed" in text
    assert "Asia/Tokyo" in text
    assert "Paris" not in text


def test_the_books_show_every_status_and_their_sum() -> None:
    text = shown(screen.books_table({**RUNNING, "audience": 12}))

    assert "failed" in text
    assert "audience" in text
    assert text.count("12") == 2


def test_the_conclusion_explains_every_repeat() -> None:
    lost = screen.conclusion(verdict())
    given = screen.conclusion(verdict(repeats_after={"dropped": 1, "ok": 1}))

    assert lost[0] == "2 repeats: 2 because the provider's answer was lost."
    assert "1 because the provider's answer was lost, 1 although it was given" in given[0]
    assert "provider distinct 7 = sent 7." in lost[-1]


def test_complaints_come_instead_of_praise() -> None:
    sentences = screen.conclusion(verdict(complaints=("Something is missing.",)))

    assert "Something is missing." in sentences[0]
    assert "do not agree" in sentences[-1]


def test_what_the_provider_counted_is_all_there() -> None:
    text = shown(screen.provider_table(verdict(), {"ok": 7, "dropped": 2, "error": 1}))

    for word in ("calls", "answered error", "distinct", "after dropped"):
        assert word in text
