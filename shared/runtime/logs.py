"""Logs: a sentence, the ids, an action. Never a message's text, a phone number or a token."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class _LineFormatter(logging.Formatter):
    """One line: instant, level, logger, sentence, then what was given as ``extra`` as key=value."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = " ".join(f"{k}={v}" for k, v in vars(record).items() if k not in _STANDARD)
        line = f"{at} {record.levelname} {record.name}: {record.getMessage()} {facts}".rstrip()
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line


def configure_logs(level: str) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LineFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Their lines per request or per message would drown the sentences, and name URLs.
    for name in ("httpx", "httpcore", "aio_pika", "aiormq", "alembic", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


def facts(action: str, **ids: Any) -> dict[str, Any]:
    """The ``extra`` of a log call: an action and the ids it is about."""
    return {"action": action, **ids}
