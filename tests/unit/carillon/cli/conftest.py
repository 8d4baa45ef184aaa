"""The command line against a server that is a table of answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from carillon.cli.app import carillon
from carillon.cli.setup import Setup


@dataclass
class Stub:
    """``answers``: by "METHOD /path", what is said; of several, each once, and the last for good.
    An int is a status, with a problem document; bytes are a file; an error is what the network
    does."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    seen: list[httpx.Request] = field(default_factory=list)

    def says(self, route: str, *answers: Any) -> None:
        self.answers[route] = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.seen.append(request)
        route = f"{request.method} {request.url.path.removeprefix('/api/v1')}"
        if route not in self.answers:
            return httpx.Response(404, json={"detail": f"Nobody is at {route}."})
        waiting = self.answers[route]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            problem = {"detail": "No.", "errors": [{"field": "text", "reason": "It is empty."}]}
            return httpx.Response(answer, json=problem, headers={"X-Request-ID": "r-1"})
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer)
        return httpx.Response(200, json=answer) if answer is not None else httpx.Response(204)

    @property
    def last(self) -> httpx.Request:
        return self.seen[-1]

    @property
    def body(self) -> Any:
        return json.loads(self.last.content)


Run = Callable[..., Result]


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where sessions are kept; nobody is logged in."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("CARILLON_URL", "CARILLON_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "carillon"


@pytest.fixture
def run(stub: Stub, folder: Path) -> Run:
    def call(*words: str, given: str | None = None) -> Result:
        setup = Setup(transport=httpx.MockTransport(stub))
        return CliRunner().invoke(carillon, words, input=given, obj=setup)

    return call
