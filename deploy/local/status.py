"""What the supervisor tells the command that started it: a phase, then ready or an error."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Status:
    """`phase` is a sentence; `error` is set when the start was given up."""

    phase: str
    ready: bool = False
    error: str | None = None

    def write(self, file: Path) -> None:
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(file)


def read_status(file: Path) -> Status | None:
    """The last status, or None when there is none."""
    try:
        return Status(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
