"""What single commands ask, and how they show what they hear."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.api.entrypoints.http import (
    audit_models,
    blocks_models,
    bulk_models,
    dead_letters_views,
    messages_models,
    plans_models,
)
from services.api.entrypoints.http.explain import ExplanationView
from tests.unit.carillon.cli.conftest import Run, Stub

CLIENT: dict[str, Any] = {
    "id": 12,
    "revision": 1,
    "phone": "79161234567",
    "operator_code": "916",
    "timezone": "Europe/Moscow",
    "tags": ["vip", "new"],
    "email": None,
    "name": "Ann",
    "attributes": {"city": "Omsk", "n": 3},
    "blocked": False,
    "timezone_guessed": False,
    "created_at": "2027-02-01T09:00:00Z",
    "updated_at": "2027-02-01T09:00:00Z",
}
IMPORT: dict[str, Any] = {
    "id": 5,
    "state": "done",
    "rows_read": 3,
    "rows_accepted": 2,
    "rows_rejected": 1,
    "dry_run": False,
    "added": 2,
    "changed": 0,
    "unchanged": 0,
    "errors": [{"row": 2, "field": "timezone", "reason": "There is no such time zone."}],
    "created_at": "2027-02-01T09:00:00Z",
    "finished_at": "2027-02-01T09:00:01Z",
}


def example(model: Any) -> Any:
    """What the API's document shows."""
    return model.model_json_schema()["examples"][0]


def page(*items: Any) -> Any:
    return {"items": items, "next_cursor": None}


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "clients.csv").write_text("phone,timezone\n")
    return str(tmp_path / "clients.csv")


def test_a_dry_run_says_that_nothing_is_written(run: Run, stub: Stub, file: str) -> None:
    stub.says("POST /clients/import", {"id": 5})
    stub.says("GET /imports/5", IMPORT | {"dry_run": True})
    done = run("import", file, "--dry-run", "--map", "Phone=phone", "--delimiter", "tab")
    assert "Written is nothing: 2 would be added, 0 changed.\n" in done.stdout
    asked = stub.seen[0].url.params
    assert dict(asked) == {"dry_run": "true", "map": "Phone:phone", "delimiter": "tab"}


def test_an_import_is_followed_and_tells_what_was_rejected(
    run: Run, stub: Stub, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carillon.cli.importing._EVERY", 0)
    stub.says("POST /clients/import", {"id": 5})
    stub.says("GET /imports/5", IMPORT | {"state": "running"}, IMPORT)
    done = run("import", file)
    assert done.stdout == "Import 5 done: 2 of 3 rows accepted, 1 rejected.\n"
    assert done.stderr == "row 2: timezone: There is no such time zone.\n"
    assert done.exit_code == 0
    assert run("import", file, "--strict").exit_code == 1
    assert json.loads(run("import", file, "--json").stdout)["rows_rejected"] == 1


def test_an_import_that_failed_is_told_by_its_exit_code(run: Run, stub: Stub, file: str) -> None:
    stub.says("POST /clients/import", {"id": 5})
    stub.says("GET /imports/5", IMPORT | {"state": "failed"})
    assert run("import", file).exit_code == 1
    assert run("import", file, "--no-wait").stdout == "Import 5 is under way.\n"


def test_a_file_of_unknown_kind_is_asked_about(run: Run, stub: Stub, tmp_path: Path) -> None:
    (tmp_path / "clients.txt").write_text("")
    assert run("import", str(tmp_path / "clients.txt")).exit_code == 2
    assert run("import", str(tmp_path / "none.csv")).exit_code == 2
    assert stub.seen == []


def test_clients_are_listed_by_filters(run: Run, stub: Stub) -> None:
    stub.says("GET /clients", page(CLIENT))
    words = ("--tag", "vip", "--timezone", "UTC+3", "--sort", "-updated_at")
    shown = run("clients", "list", *words).stdout.splitlines()
    asked = {"tag": "vip", "timezone": "UTC+3", "sort": "-updated_at", "limit": "50"}
    assert dict(stub.last.url.params) == asked
    assert shown[1].split() == ["12", "79161234567", "Europe/Moscow", "916", "vip,new", "Ann"]


def test_a_client_is_named_by_id_or_phone(run: Run, stub: Stub) -> None:
    stub.says("GET /clients", page(CLIENT), page())
    stub.says("GET /clients/12", CLIENT)
    assert "attributes.city  Omsk" in run("clients", "get", "+7 916 123-45-67").stdout
    missing = run("clients", "get", "+79990000000")
    assert (missing.exit_code, missing.stderr) == (
        1,
        "carillon: No client has the phone +79990000000.\n",
    )
    assert run("clients", "get", "ann").exit_code == 2


def test_a_client_is_blocked_and_no_longer(run: Run, stub: Stub) -> None:
    block = example(blocks_models.BlockView)
    stub.says("GET /clients", page(CLIENT))
    stub.says("POST /policies/blocks", block)
    stub.says("GET /policies/blocks", page(block), page(block), page())
    stub.says("DELETE /policies/blocks/5", None)
    done = run("blocks", "add", "+79161234567", "--reason", "Asked.")
    assert done.stdout == "Client 12 is blocked.\n"
    assert stub.body == {"client_id": 12, "reason": "Asked."}
    assert run("blocks", "list").stdout.splitlines()[1].split()[:2] == ["5", "12"]
    assert run("blocks", "lift", "12").exit_code == 0
    assert run("blocks", "lift", "12").stderr == "carillon: Client 12 is not blocked.\n"


def test_a_client_is_added_with_attributes(run: Run, stub: Stub) -> None:
    stub.says("POST /clients", CLIENT)
    options = "--phone 79161234567 --timezone UTC --tag a --tag b --attribute city=Omsk"
    words = [*options.split(), "--attribute", "n=3", "--attribute", "vip=true"]
    assert run("clients", "add", *words).exit_code == 0
    assert stub.body == {
        "phone": "79161234567",
        "timezone": "UTC",
        "tags": ["a", "b"],
        "attributes": {"city": "Omsk", "n": 3, "vip": True},
    }


def test_a_zone_is_guessed_by_whoever_asks_for_it(run: Run, stub: Stub, file: str) -> None:
    stub.says("POST /clients", CLIENT | {"timezone_guessed": True})
    shown = run("clients", "add", "--phone", "79161234567", "--guess-timezone").stdout
    assert "Europe/Moscow (guessed)" in shown
    assert stub.body == {"phone": "79161234567", "guess_timezone": True}
    stub.says("GET /clients", page())
    run("clients", "list", "--guessed")
    assert dict(stub.last.url.params) == {"timezone_guessed": "true", "limit": "50"}
    stub.says("POST /clients/import", {"id": 5})
    run("import", file, "--guess-timezone", "--default-timezone", "UTC", "--no-wait")
    asked = {"guess_timezone": "true", "default_timezone": "UTC"}
    assert dict(stub.last.url.params) == asked


def test_a_client_is_changed_field_by_field(run: Run, stub: Stub) -> None:
    stub.says("PATCH /clients/12", CLIENT)
    assert run("clients", "change", "12", "--name", "", "--timezone", "UTC").exit_code == 0
    assert stub.body == {"name": None, "timezone": "UTC"}


def test_an_export_is_the_server_s_file(run: Run, stub: Stub, tmp_path: Path) -> None:
    stub.says("GET /clients/export", b"phone,timezone\n")
    assert run("clients", "export", "--tag", "vip").stdout == "phone,timezone\n"
    assert dict(stub.last.url.params) == {"tag": "vip", "format": "csv"}
    stub.says("GET /clients/export", b'{"phone": "79161234567"}\n')
    file = tmp_path / "clients.ndjson"
    assert run("clients", "export", "--format", "ndjson", "-o", str(file)).stdout == ""
    assert file.read_bytes() == b'{"phone": "79161234567"}\n'
    assert stub.last.headers["accept"] == "application/x-ndjson"


def test_an_export_that_is_refused_writes_nothing(run: Run, stub: Stub, tmp_path: Path) -> None:
    stub.says("GET /clients/export", 422)
    file = tmp_path / "clients.csv"
    assert run("clients", "export", "-o", str(file)).exit_code == 1
    assert not file.exists()


HELD: dict[str, Any] = {
    "taken_at": IMPORT["created_at"],
    "client": CLIENT,
    "blocks": [],
    "test_sends": [],
    "messages": [],
    "deeds": [],
}


def test_all_that_is_held_about_a_client(run: Run, stub: Stub, tmp_path: Path) -> None:
    stub.says("GET /clients/12/data", HELD)
    assert json.loads(run("clients", "data", "12").stdout)["client"]["phone"] == "79161234567"
    file = tmp_path / "ann.json"
    assert run("clients", "data", "12", "-o", str(file)).stdout == ""
    assert json.loads(file.read_text())["client"]["id"] == 12
    assert len(run("clients", "data", "12", "--json").stdout.splitlines()) == 1


def test_a_client_is_erased_by_who_says_yes(run: Run, stub: Stub) -> None:
    erased = {"client_id": 12, "at": IMPORT["created_at"], "imports": 1, "parked": [3, 4]}
    stub.says("POST /clients/12/erase", erased)
    assert run("clients", "erase", "12", given="n\n").exit_code != 0
    assert stub.seen == []
    told = run("clients", "erase", "12", "--yes").stdout
    assert told.startswith("Client 12 is erased; errors of 1 imports told of them, and 2 parked")


def a_bulk(**fields: Any) -> Any:
    return example(bulk_models.BulkView) | fields


def test_many_clients_are_tagged(run: Run, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carillon.cli.bulk._EVERY", 0)
    stub.says("POST /clients/bulk", {"id": 4})
    stub.says("GET /clients/bulk/4", a_bulk(state="running"), a_bulk())
    words = "vip new --operator-code 916 --tag a --tag b --timezone UTC --phone 79161234567"
    done = run("bulk", "tag", *words.split())
    assert json.loads(stub.seen[0].content) == {
        "action": "tag",
        "tags": ["vip", "new"],
        "filter": {
            "tags": ["a", "b"],
            "operator_codes": ["916"],
            "timezones": ["UTC"],
            "phones": ["79161234567"],
        },
        "all": False,
        "dry_run": False,
    }
    assert done.stdout.splitlines() == [
        "Change 4 done: 990 of 1000 clients are tagged, 9 were so already.",
        "1 have too many tags for more.",
    ]
    stub.says("GET /clients/bulk/4", a_bulk(state="failed"))
    assert run("bulk", "untag", "vip", "--all").exit_code == 1


def test_many_clients_are_counted_before_they_are_deleted(run: Run, stub: Stub) -> None:
    stub.says("POST /clients/bulk", {"id": 4})
    stub.says("GET /clients/bulk/4", a_bulk(action="delete", dry_run=True))
    refused = run("bulk", "delete", "--tag", "gone", given="n\n")
    assert "Delete 990 clients for good?" in refused.stderr
    assert refused.exit_code != 0
    asked = [json.loads(one.content) for one in stub.seen if one.method == "POST"]
    about = {"action": "delete", "filter": {"tags": ["gone"]}, "all": False}
    assert asked == [about | {"dry_run": True}]
    running = a_bulk(state="running", action="delete", matched=0, changed=0)
    stub.says("GET /clients/bulk/4", running)
    done = run("bulk", "delete", "--all", "--yes", "--no-wait")
    assert json.loads(stub.seen[-2].content) == {"action": "delete", "all": True, "dry_run": False}
    assert done.stdout == "Change 4 is under way: 0 of 0 clients.\n"


def test_changes_of_many_clients_are_listed(run: Run, stub: Stub) -> None:
    stub.says("GET /clients/bulk", page(a_bulk()))
    stub.says("GET /clients/bulk/4", a_bulk(dry_run=True))
    shown = run("bulk", "list", "--state", "done").stdout.splitlines()[1].split()
    assert shown[:6] == ["4", "done", "tag", "vip", "1000", "990"]
    assert "990 of 1000 clients would be tagged" in run("bulk", "get", "4").stdout


def test_a_preview_tells_who_gets_it_when_and_who_does_not(run: Run, stub: Stub) -> None:
    stub.says("GET /mailings/7/plan", example(plans_models.MailingPlan))
    shown = run("preview", "7").stdout
    for told in (
        "2027-03-28 10:00 - 20:00 +02:00",
        "2027-03-28 08:00:00 UTC",
        "Europe/Berlin: On 2027-03-28 clocks go forward",
        "left out  3 unknown zone",
        "rate      100 a second (measured)",
        "client 12: Hello Ann!",
    ):
        assert told in shown
    assert run("preview", "7", "--text", "Hi").exit_code == 2


def test_a_preview_needs_no_mailing(run: Run, stub: Stub) -> None:
    stub.says("POST /mailings/preview", example(plans_models.Plan))
    options = "--starts-at 2027-03-01T00:00 --ends-at 2027-03-08T00:00 --local --client 3"
    assert run("preview", "--text", "Hi", *options.split()).exit_code == 0
    assert stub.body["timing"] == "local"
    assert dict(stub.last.url.params) == {"client_id": "3"}


def test_a_proof_shows_every_call(run: Run, stub: Stub) -> None:
    stub.says("GET /messages/8", example(messages_models.MessageProof))
    shown = run("message", "8").stdout
    assert "2027-03-01 10:00 +03:00 (2027-03-01 07:00:00 UTC)" in shown
    assert "2027-03-01 10:00 - 20:00 +03:00" in shown
    assert "delivered, 2027-03-01 10:00 +03:00 (2027-03-01 07:00:04 UTC) (sms)" in shown


def test_an_explanation_begins_with_the_sentence(run: Run, stub: Stub) -> None:
    told = example(ExplanationView)
    stub.says("GET /clients/12/explain", told)
    shown = run("explain", "12", "7").stdout
    assert shown.startswith(told["explanation"])
    assert "will_be_sent" in shown
    assert dict(stub.last.url.params) == {"mailing_id": "7"}
    assert json.loads(run("explain", "12", "7", "--json").stdout)["verdict"] == "will_be_sent"


def test_the_desk_lists_replays_and_resolves(run: Run, stub: Stub) -> None:
    group = example(dead_letters_views.GroupView)
    stub.says("GET /dead-letters", page(group))
    stub.says("POST /dead-letters/replay", example(dead_letters_views.OutcomeView))
    stub.says("POST /dead-letters/resolve", example(dead_letters_views.OutcomeView))
    assert group["id"] in run("dead-letters", "list", "7", "--status", "failed").stdout
    asked = {"mailing_id": "7", "status": "failed", "limit": "50"}
    assert dict(stub.last.url.params) == asked
    done = run("dead-letters", "replay", "--mailing", "7", "--dry-run")
    assert done.stdout.splitlines()[:2] == [
        "120 messages would be sent again.",
        "  mailing 7: 120 messages, revision 4",
    ]
    assert stub.body == {"mailing_id": 7, "dry_run": True}
    run("dead-letters", "replay", "--message", "1", "--message", "2")
    assert stub.body == {"message_ids": [1, 2], "dry_run": False}
    run("dead-letters", "resolve", "sent", "3", "4")
    assert stub.body == {"message_ids": [3, 4], "as": "sent"}
    assert run("dead-letters", "replay", "--dry-run").exit_code == 2


def test_the_audit_tells_who_did_what(run: Run, stub: Stub) -> None:
    stub.says("GET /audit", page(example(audit_models.EntryView)))
    shown = run("audit").stdout.splitlines()[1]
    assert shown.startswith("2027-03-01 09:30:00 UTC  admin@example.com  203.0.113.7")


def test_the_audit_is_searched_and_written_to_a_file(run: Run, stub: Stub, tmp_path: Path) -> None:
    stub.says("GET /audit", page(example(audit_models.EntryView)))
    stub.says("GET /audit/export", b"id,at\n")
    options = "--user 1 --action mailings.launch --subject mailings/7 --from 2027-03-01T10:00Z"
    wanted = {
        "user_id": "1",
        "action": "mailings.launch",
        "subject": "mailings/7",
        "from": "2027-03-01T10:00:00Z",
    }
    run("audit", *options.split())
    assert dict(stub.last.url.params) == wanted | {"limit": "50"}
    file = tmp_path / "audit.csv"
    assert run("audit", *options.split(), "-o", str(file)).stdout == ""
    assert dict(stub.last.url.params) == wanted
    assert file.read_text() == run("audit", "--csv").stdout == "id,at\n"
    assert run("audit", "--from", "2027-03-01T10:00").exit_code == 2
    assert run("audit", "--to", "now").exit_code == 2


def test_a_token_is_printed_alone_and_once(run: Run, stub: Stub) -> None:
    token = {"id": 4, "name": "CI", "scopes": ["clients:read"], "created_at": IMPORT["created_at"]}
    token |= {"expires_at": None, "last_used_at": None}
    stub.says("POST /auth/tokens", token | {"token": "carillon_abc"})
    stub.says("GET /auth/tokens", page(token))
    stub.says("DELETE /auth/tokens/4", None)
    assert run("tokens", "create", "CI", "--scope", "clients:read").stdout == "carillon_abc\n"
    assert stub.body == {"name": "CI", "scopes": ["clients:read"]}
    assert run("tokens", "list").stdout.splitlines()[1].split() == [
        *("4", "CI", "clients:read", "-", "-")
    ]
    assert run("tokens", "revoke", "4").exit_code == 0
    assert stub.last.method == "DELETE"


def test_books_are_shown_zone_by_zone_or_all_together(run: Run, stub: Stub) -> None:
    counted = {"mailing_id": 7, "name": None, "state": "running", "audience": 4}
    counts = {"by_status": {"sent": 3, "waiting": 1}}
    ends = {"first_sent_at": None, "last_sent_at": None}
    total = {"total": {"audience": 9, "by_status": {"sent": 9}}}
    stub.says("GET /statistics", page(counted | counts | ends) | total)
    lines = run("statistics").stdout.splitlines()
    assert lines[1].split() == ["7", "-", "running", "4", "sent", "3,", "waiting", "1"]
    assert lines[2].split() == ["all", "-", "-", "9", "sent", "9"]
