"""Logs: a sentence, the ids, an action. Never a message's text, a phone number or a token."""

import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}
# Where errors quote what they do not like, which may be anybody's phone or a text. PostgreSQL's
# detail goes on, over several lines, up to what SQLAlchemy or Python writes behind it.
_QUOTED = (
    re.compile(
        r"(?P<kept>^[ |]*DETAIL: ).*?(?=^[ |]*(?:HINT: |\[SQL: |\(Background on this error"
        r"|The above exception was|During handling of the above)|^[ |]*\+-+|\Z)",
        re.MULTILINE | re.DOTALL,
    ),
    re.compile(r"(?P<kept>invalid input for query argument \$\d+).*"),
    re.compile(r"(?P<kept>input_value=).*?(?=, input_type=)", re.DOTALL),
)
# Of the request that is being answered; empty outside of one.
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class LineFormatter(logging.Formatter):
    """One line: instant, level, logger, sentence, then what was given as ``extra`` as key=value,
    and at last the request that it is about."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        facts = " ".join(f"{k}={v}" for k, v in vars(record).items() if k not in _STANDARD)
        line = f"{at} {record.levelname} {record.name}: {record.getMessage()} {facts}".rstrip()
        if REQUEST_ID.get():
            line = f"{line} request_id={REQUEST_ID.get()}"
        if record.exc_info:
            line = f"{line}\n{self.formatException(record.exc_info)}"
        return line

    def formatException(self, ei: _ExcInfo) -> str:
        return unquoted(super().formatException(ei))


def unquoted(trace: str) -> str:
    """Without the values that errors quote."""
    for quoted in _QUOTED:
        trace = quoted.sub(_left_out, trace)
    return trace


def _left_out(found: re.Match[str]) -> str:
    ending = "\n" if found.group().endswith("\n") else ""
    return f"{found['kept']}(left out){ending}"


def configure_logs(level: str) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LineFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Their lines per request or per message would drown the sentences, and name URLs.
    for name in ("httpx", "httpcore", "aio_pika", "aiormq", "alembic", "uvicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)


def facts(action: str, **ids: Any) -> dict[str, Any]:
    """The ``extra`` of a log call: an action and the ids it is about."""
    return {"action": action, **ids}
