"""Sessions between commands."""

import json
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from carillon.cli.keeping import FileKeeper, last_address
from carillon.errors import CarillonError
from carillon.tokens import Tokens
from tests.unit.carillon.cli.conftest import Run, Stub
from tests.unit.carillon.cli.test_app import ME

ISSUED = {"access_token": "acc", "refresh_token": "ref", "token_type": "bearer"}
HOURS = timedelta(hours=1)


def test_a_log_in_is_kept_where_nobody_else_reads_it(run: Run, stub: Stub, folder: Path) -> None:
    stub.says("POST /auth/login", ISSUED | {"expires_in": 3600})
    stub.says("GET /auth/me", ME)
    done = run("login", "--url", "http://a", "--email", "ann@example.com", given="hush hush\n")
    assert done.stdout == "Logged in to http://a as ann@example.com (manager).\n"
    assert json.loads(stub.seen[0].content)["password"] == "hush hush"
    for secret in ("hush", "acc", "ref"):
        assert secret not in done.output
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())]
    assert modes == [0o700, 0o600, 0o600]
    assert run("whoami").exit_code == 0
    assert (stub.last.url.host, stub.last.headers["authorization"]) == ("a", "Bearer acc")


def test_an_api_token_is_asked_for_and_checked(run: Run, stub: Stub) -> None:
    stub.says("GET /auth/me", 401, ME)
    assert run("login", "--token", given="carillon_bad\n").exit_code == 1
    assert run("login", "--token", given="carillon_good\n").exit_code == 0
    assert run("whoami").exit_code == 0
    assert stub.last.headers["authorization"] == "Bearer carillon_good"
    # It is good beyond: to end it is another deed.
    assert run("logout").exit_code == 0
    assert stub.last.url.path.endswith("/me")


@pytest.mark.parametrize("answer", [None, 401])
def test_after_a_log_out_nothing_is_left(
    run: Run, stub: Stub, folder: Path, answer: int | None
) -> None:
    stub.says("POST /auth/logout", answer)
    stub.says("POST /auth/refresh", 401)
    keeper = FileKeeper("http://127.0.0.1:8000")
    keeper.save(Tokens("acc", "ref", datetime.now(UTC) + HOURS))
    assert run("logout").exit_code == 0
    assert keeper.load() is None
    assert "acc" not in (folder / "sessions.json").read_text()


def test_each_address_has_its_own(folder: Path) -> None:
    first, second = Tokens("1", "r", datetime(2027, 1, 1, tzinfo=UTC)), Tokens("2")
    FileKeeper("http://a").save(first)
    FileKeeper("http://b").save(second)
    assert FileKeeper("http://a").load() == first
    assert FileKeeper("http://b").load() == second
    assert last_address() == "http://b"


def test_a_file_that_was_spoilt_is_told(folder: Path) -> None:
    FileKeeper("http://a").save(Tokens("1"))
    (folder / "sessions.json").write_text("{")
    with pytest.raises(CarillonError, match=r"sessions\.json"):
        FileKeeper("http://a").load()


class Strict(BaseHTTPRequestHandler):
    """Ends the session when a refresh token comes twice, as the gateway does."""

    spent: list[str]
    turn: threading.Lock

    def do_GET(self) -> None:
        good = self.headers["authorization"] == f"Bearer acc{len(self.spent)}"
        self._answer(200 if good and self.spent else 401, ME if good else {"detail": "Over."})

    def do_POST(self) -> None:
        token = json.loads(self.rfile.read(int(self.headers["content-length"])))["refresh_token"]
        with self.turn:
            if token in self.spent:
                self._answer(401, {"detail": "It came twice."})
                return
            self.spent.append(token)
        n = len(self.spent)
        both = {"access_token": f"acc{n}", "refresh_token": f"ref{n}", "token_type": "bearer"}
        self._answer(200, both | {"expires_in": 3600})

    def log_message(self, *_: Any) -> None:
        """Says nothing."""

    def _answer(self, status: int, body: Any) -> None:
        written = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)


@contextmanager
def strict_server() -> Iterator[tuple[str, list[str]]]:
    class Mine(Strict):
        spent: list[str] = []  # noqa: RUF012 - one server's
        turn = threading.Lock()

    with ThreadingHTTPServer(("127.0.0.1", 0), Mine) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", Mine.spent
        server.shutdown()
        thread.join()


def test_of_many_commands_at_once_one_renews(folder: Path) -> None:
    with strict_server() as (address, spent):
        FileKeeper(address).save(Tokens("acc0", "ref0", datetime.now(UTC) + HOURS))
        command = [sys.executable, "-m", "carillon.cli", "whoami", "--json", "--url", address]
        running = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        done = [process.communicate(timeout=60) for process in running]
        assert [process.returncode for process in running] == [0, 0, 0, 0], done
        assert spent == ["ref0"]
    assert FileKeeper(address).load() is not None
