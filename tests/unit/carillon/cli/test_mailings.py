"""Mailings, written as options."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.unit.carillon.cli.conftest import Run, Stub

TIMES = ("--starts-at", "2027-03-01T00:00", "--ends-at", "2027-03-08T00:00")
MAILING: dict[str, Any] = {
    "id": 7,
    "name": "Spring",
    "state": "draft",
    "revision": 1,
    "text": "Hello {{ name }}!",
    "starts_at": "2027-03-01T00:00:00",
    "ends_at": "2027-03-08T00:00:00Z",
    "timing": "local",
    "window": {"from": "10:00", "to": "20:00", "days": ["mon"]},
    "filter": {"tags": ["vip"], "operator_codes": None},
    "channel": "sms",
    "department_id": None,
    "audience": "live",
    "max_lateness": 30,
    "holidays": ["2027-03-08"],
    "priority": "normal",
    "rate_per_second": 50.0,
    "created_at": "2027-02-20T09:00:00Z",
    "updated_at": "2027-02-20T09:00:00Z",
    "launched_at": None,
    "started_at": None,
    "finished_at": None,
    "deleted_at": None,
    "forgotten_at": None,
}


@pytest.fixture(autouse=True)
def mailing(stub: Stub) -> None:
    for route in ("POST /mailings", "PATCH /mailings/7", "GET /mailings/7"):
        stub.says(route, MAILING)


def create(run: Run, *words: str, **options: Any) -> Result:
    done = run("mailings", "create", *words, **options)
    assert done.exit_code == 0, done.output
    return done


def test_what_is_made_is_a_draft_unless_it_is_to_be_launched(run: Run, stub: Stub) -> None:
    create(run, "--text", "Hi", *TIMES)
    plain = {"text": "Hi", "starts_at": TIMES[1], "ends_at": TIMES[3]}
    assert stub.body == plain | {"draft": True}
    create(run, "--text", "Hi", *TIMES, "--launch")
    assert stub.body == plain | {"draft": False}


def test_every_field_has_its_option(run: Run, stub: Stub) -> None:
    options = (
        "--name Spring --local --window 9:00-20:00 --days mon,tue --tag vip --tag new"
        " --operator-code 916 --audience frozen --max-lateness 30 --holiday 2027-03-08"
        " --priority bulk --rate 0.5 --channel sms --department 3"
    )
    create(run, "--text", "Hi", *TIMES, *options.split())
    assert stub.body == {
        "text": "Hi",
        "starts_at": TIMES[1],
        "ends_at": TIMES[3],
        "name": "Spring",
        "timing": "local",
        "window": {"from": "09:00", "to": "20:00", "days": ["mon", "tue"]},
        "filter": {"tags": ["vip", "new"], "operator_codes": ["916"]},
        "audience": "frozen",
        "max_lateness": 30,
        "holidays": ["2027-03-08"],
        "priority": "bulk",
        "rate_per_second": 0.5,
        "channel": "sms",
        "department_id": 3,
        "draft": True,
    }


def test_options_go_over_what_a_file_says(run: Run, stub: Stub, tmp_path: Path) -> None:
    body = {"text": "Hi", "window": {"from": "10:00", "to": "20:00"}, "priority": "bulk"}
    (tmp_path / "text").write_text("Hello\nthere\n")
    words = ["--body", "-", "--text-file", str(tmp_path / "text"), "--days", "sat"]
    create(run, *words, given=json.dumps(body))
    window = {"from": "10:00", "to": "20:00", "days": ["sat"]}
    expected = {"text": "Hello\nthere", "window": window, "priority": "bulk", "draft": True}
    assert stub.body == expected


def test_what_is_to_be_cleared_is_said(run: Run, stub: Stub) -> None:
    assert run("mailings", "edit", "7", "--everybody", "--set", "window=null").exit_code == 0
    assert stub.body == {"filter": None, "window": None}


@pytest.mark.parametrize(
    "words",
    [
        ["--window", "10-20"],
        ["--days", "mon"],
        ["--everybody", "--tag", "vip"],
        ["--set", "window"],
        ["--body", "-"],
    ],
)
def test_what_makes_no_sense_is_not_sent(run: Run, stub: Stub, words: list[str]) -> None:
    done = run("mailings", "edit", "7", *words, given="[]")
    assert done.exit_code == 2
    assert stub.seen == []


def test_a_mailing_is_shown_whole(run: Run) -> None:
    shown = run("mailings", "show", "7").stdout
    for line in (
        "starts    2027-03-01 00:00 local",
        "ends      2027-03-08 00:00:00 UTC",
        "window    10:00 to 20:00 on mon, by each client's clock",
        "to        tags vip",
        "lateness  at most 30 minutes",
        "text      Hello {{ name }}!",
    ):
        assert line in shown.splitlines()
    told = json.loads(run("mailings", "show", "7", "--json").stdout)
    assert told | {"starts_at": 0, "ends_at": 0} == MAILING | {"starts_at": 0, "ends_at": 0}


def test_a_list_is_a_line_each(run: Run, stub: Stub) -> None:
    pages = [{"items": [MAILING] * 2, "next_cursor": end} for end in ("x", None)]
    stub.says("GET /mailings", *pages)
    lines = run("mailings", "list", "--json", "--limit", "3").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [7, 7, 7]
    assert len(stub.seen) == 2


def test_what_is_for_good_is_asked_about(run: Run, stub: Stub) -> None:
    stopped = MAILING | {"state": "cancelled", "stop_confirmed": True, "in_flight": 3}
    stub.says("POST /mailings/7/cancel", stopped)
    assert run("cancel", "7", given="n\n").exit_code == 130
    assert stub.seen == []
    done = run("cancel", "7", "--yes")
    assert done.stdout == (
        "Mailing 7 is cancelled, revision 1.\nNo new call begins; 3 are under way.\n"
    )
