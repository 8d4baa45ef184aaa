"""How far a mailing is."""

import io
import json
from typing import Any

import httpx
import pytest
from rich.console import Console

from carillon.cli.progress import bar, is_over, line, table
from carillon.models.statistics import MailingStatistics, Status
from tests.unit.carillon.cli.conftest import Run, Stub
from tests.unit.carillon.cli.test_mailings import MAILING

NOBODY = {status.value: 0 for status in Status}


def books(state: str = "running", /, **counts: int) -> dict[str, Any]:
    by_status = NOBODY | counts
    audience = sum(counts.values())
    zone = {"timezone": "Asia/Omsk", "opens_at": None, "closes_at": None, "rest": None}
    return {
        "mailing_id": 7,
        "state": state,
        "audience": audience,
        "by_status": by_status,
        "in_flight": 2,
        "first_sent_at": None,
        "last_sent_at": None,
        "rate_per_second": 4.25,
        "by_zone": [zone | {"reason": None, "audience": audience, "by_status": by_status}],
    }


def read(written: dict[str, Any]) -> MailingStatistics:
    return MailingStatistics.model_validate(written)


def test_a_line_tells_who_is_at_an_end() -> None:
    one = read(books(waiting=5, sent=3, failed=1))
    told = "running 4/9  waiting 5  sent 3  failed 1  4.2/s  2 in flight"
    assert line(one, zones=False) == told
    assert line(one, zones=True) == f"{told}  Asia/Omsk 4/9"


def test_it_is_over_when_nobody_is_under_way() -> None:
    assert is_over(read(books("finished", sent=3)))
    assert not is_over(read(books("paused", sent=3, waiting=1)))
    assert not is_over(read(books("cancelled", queued=1, cancelled=9)))
    assert is_over(read(books("cancelled", sent=1, cancelled=9)))


@pytest.mark.parametrize(
    "counts",
    [
        {"sent": 1, "waiting": 999_999},
        {"sent": 3, "failed": 1, "waiting": 1, "queued": 1},
        {"sent": 10},
    ],
)
def test_a_bar_is_full_and_shows_everybody(counts: dict[str, int]) -> None:
    cells = bar(read(books(**counts)).by_status, sum(counts.values()))
    assert sum(width for _, width in cells) == 40
    assert {status.value for status, _ in cells} == set(counts)
    assert all(width > 0 for _, width in cells)
    assert bar({}, 0) == []


def test_a_table_is_drawn_zone_by_zone() -> None:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as drawn:
        console.print(table(read(books(sent=3, waiting=1)), zones=True))
    assert "Asia/Omsk" in drawn.get()
    assert "waiting 1, sent 3" in drawn.get()


@pytest.fixture
def launched(stub: Stub) -> None:
    stub.says("GET /mailings/7", MAILING | {"state": "running"})


@pytest.mark.usefixtures("launched")
def test_without_a_terminal_every_change_is_a_line_until_the_end(run: Run, stub: Stub) -> None:
    first, last = books(waiting=2, sent=1), books("finished", sent=3)
    stub.says("GET /mailings/7/statistics", first, first | {"rate_per_second": 1}, last)
    done = run("watch", "7", "--every", "0")
    assert done.exit_code == 0
    assert [one.split("  ")[0] for one in done.stdout.splitlines()] == [
        "running 1/3",
        "finished 3/3",
    ]
    stub.says("GET /mailings/7/statistics", first, last)
    lines = run("watch", "7", "--every", "0", "--json").stdout.splitlines()
    assert [json.loads(one)["state"] for one in lines] == ["running", "finished"]


@pytest.mark.usefixtures("launched")
def test_whoever_stops_watching_stops_nothing_else(
    run: Run, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("carillon.cli.watching.time.sleep", stop)
    stub.says("GET /mailings/7/statistics", books(waiting=2))
    done = run("watch", "7")
    assert (done.exit_code, done.stderr) == (130, "carillon: stopped.\n")
    assert {request.method for request in stub.seen} == {"GET"}


@pytest.mark.usefixtures("launched")
def test_statistics_that_are_away_are_waited_for(
    run: Run, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carillon.carriers.time.sleep", lambda _: None)
    stub.says("GET /mailings/7/statistics", *[503] * 5, books("finished", sent=3))
    done = run("watch", "7", "--every", "0")
    assert done.exit_code == 0
    assert "No." in done.stderr
    assert done.stdout.startswith("finished 3/3")


@pytest.mark.usefixtures("launched")
def test_a_gateway_that_is_started_anew_is_waited_for(
    run: Run, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carillon.carriers.time.sleep", lambda _: None)
    gone = httpx.ConnectError("refused", request=httpx.Request("GET", "http://x"))
    stub.says("GET /mailings/7/statistics", *[gone] * 6, books("finished", sent=3))
    assert run("watch", "7", "--every", "0").exit_code == 0
    monkeypatch.setattr("carillon.cli.watching.LONGEST_SILENCE", -1)
    stub.says("GET /mailings/7/statistics", gone)
    assert run("watch", "7", "--every", "0").exit_code == 3


def test_nobody_watches_a_draft(run: Run, stub: Stub) -> None:
    stub.says("GET /mailings/7", MAILING)
    done = run("watch", "7")
    assert done.exit_code == 1
    assert "launch it first" in done.stderr
