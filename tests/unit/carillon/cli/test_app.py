"""What every command has in common."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import httpx
import pytest
from click.testing import CliRunner

from carillon.cli.app import COMMANDS, carillon
from carillon.cli.setup import Setup
from tests.unit.carillon.cli.conftest import Run, Stub

ME = {
    "id": 2,
    "email": "ann@example.com",
    "role": "manager",
    "may_launch": True,
    "departments": [3],
    "closed": False,
    "rights": ["clients:read"],
    "created_at": "2027-02-01T09:00:00Z",
}


def commands() -> Iterator[tuple[str, ...]]:
    context = click.Context(carillon)
    for name in COMMANDS:
        yield (name,)
        command = carillon.get_command(context, name)
        if isinstance(command, click.Group):
            yield from ((name, inner) for inner in command.list_commands(context))


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_every_command_helps_and_speaks_json(run: Run, words: tuple[str, ...]) -> None:
    told = run(*words, "--help")
    assert told.exit_code == 0
    if "COMMAND" not in told.output:
        assert "--json" in told.output
        assert "--url" in told.output


def test_help_loads_neither_the_library_nor_what_it_needs() -> None:
    """Those take several times as long as all the rest."""
    code = (
        "import sys; sys.argv = ['carillon', '--help']\n"
        "from carillon.cli.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'httpx', 'pydantic', 'rich'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.endswith("\n[]\n")
    assert "dead-letters" in done.stdout


def test_a_refusal_names_field_and_reason_on_standard_error(run: Run, stub: Stub) -> None:
    stub.says("POST /mailings", 422)
    done = run("mailings", "create", "--text", "", "--starts-at", "x", "--ends-at", "y")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "carillon: No.\ntext: It is empty.\n"


def test_what_broke_there_is_told_by_the_request(run: Run, stub: Stub) -> None:
    stub.says("GET /auth/me", 500)
    done = run("whoami")
    assert done.exit_code == 1
    assert "the server's logs know this request as r-1" in done.stderr


def test_whoever_is_not_logged_in_is_told_how(run: Run, stub: Stub) -> None:
    stub.says("GET /auth/me", 401)
    done = run("whoami")
    assert done.exit_code == 1
    assert "carillon login" in done.stderr


def test_a_wrong_command_is_none_of_the_servers(run: Run, stub: Stub) -> None:
    for words in (["ring"], ["launch", "soon"], ["mailings", "edit", "3"], ["preview"]):
        assert run(*words).exit_code == 2
    assert stub.seen == []


def test_a_server_that_cannot_be_reached_has_a_code_of_its_own(folder: Path) -> None:
    def lose(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("It said nothing.", request=request)

    # Logging in is tried once.
    nobody = Setup(transport=httpx.MockTransport(lose))
    words = ["login", "--email", "ann@example.com"]
    done = CliRunner().invoke(carillon, words, input="secret\n", obj=nobody)
    assert done.exit_code == 3
    assert "No answer from http://127.0.0.1:8000/api/v1/auth/login" in done.stderr


def test_the_address_is_the_option_or_the_variable_or_the_last_one(
    run: Run, stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.says("GET /auth/me", ME)
    hosts = []
    for words in (["whoami"], ["--url", "http://a", "whoami"], ["whoami", "--url", "http://b"]):
        assert run(*words).exit_code == 0
        hosts.append(stub.last.url.host)
    monkeypatch.setenv("CARILLON_URL", "http://c/api/v1")
    run("whoami")
    assert [*hosts, stub.last.url.host] == ["127.0.0.1", "a", "b", "c"]


def test_a_token_of_the_environment_is_taken(
    run: Run, stub: Stub, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub.says("GET /auth/me", ME)
    monkeypatch.setenv("CARILLON_TOKEN", "carillon_abc")
    assert run("whoami").exit_code == 0
    assert stub.last.headers["authorization"] == "Bearer carillon_abc"
    assert not folder.exists()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_completes(run: Run, shell: str) -> None:
    assert "_CARILLON_COMPLETE" in run("completion", shell).output
