"""Where sessions are kept: one file in the user's own folder, which only they can read."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from filelock import FileLock, Timeout

from carillon.errors import CarillonError
from carillon.tokens import Tokens

# A renewal is one request; whoever waits longer waits for one that hangs.
LONGEST_HOLD = 60.0

Json = dict[str, Any]


class FileKeeper:
    """The session for one address. Commands that run at the same time share it."""

    def __init__(self, address: str, folder: Path | None = None) -> None:
        self._address = address
        self._file = (folder or config_folder()) / "sessions.json"
        # One process may take it again while it has it, and may leave it in another thread.
        self._lock = FileLock(
            self._file.with_suffix(".lock"), timeout=LONGEST_HOLD, thread_local=False, mode=0o600
        )

    def load(self) -> Tokens | None:
        kept = _read(self._file)["sessions"].get(self._address)
        if kept is None:
            return None
        ends = kept["expires_at"]
        at = None if ends is None else datetime.fromisoformat(ends)
        return Tokens(kept["access_token"], kept["refresh_token"], at)

    def save(self, tokens: Tokens | None) -> None:
        with self.held():
            kept = _read(self._file)
            kept["sessions"].pop(self._address, None)
            if tokens is not None:
                kept["sessions"][self._address] = _as_json(tokens)
                kept["last"] = self._address
            _write(self._file, kept)

    @contextmanager
    def held(self) -> Iterator[None]:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except Timeout:
            raise CarillonError(f"Another command holds {self._lock.lock_file}.") from None
        try:
            yield
        finally:
            self._lock.release()


def config_folder() -> Path:
    return Path(click.get_app_dir("carillon"))


def last_address() -> str | None:
    last: str | None = _read(config_folder() / "sessions.json")["last"]
    return last


def _read(file: Path) -> Json:
    try:
        kept: Json = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {"last": None, "sessions": {}}
    except ValueError:
        raise CarillonError(f"{file} cannot be read; delete it and log in again.") from None
    return kept


def _write(file: Path, kept: Json) -> None:
    """Whole or not at all; never readable by anybody else, not even for a moment."""
    part = file.with_suffix(f".{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        json.dump(kept, opened)
    part.replace(file)


def _as_json(tokens: Tokens) -> Json:
    return {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "expires_at": None if tokens.expires_at is None else tokens.expires_at.isoformat(),
    }
