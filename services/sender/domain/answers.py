"""What an answer of the provider means. Only status 200 with ``{"code": 0, …}`` is a yes."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic_core import from_json

from services.sender.domain.failures import (
    Accepted,
    OutcomeUnknown,
    Rejected,
    Result,
    ServerError,
    Throttled,
    Unauthorized,
)

_ACCEPTED = Accepted()


def classify(status: int, retry_after: str | None, body: bytes, now: datetime) -> Result:
    """``retry_after``: the header as received; ``now``: for one that names an instant."""
    if 200 <= status < 300:
        return _read_success(status, body)
    if status in (401, 403):
        return Unauthorized(http_status=status)
    if status == 429 or (status == 503 and retry_after is not None):
        return Throttled(http_status=status, retry_after=seconds_to_wait(retry_after, now))
    if status >= 500:
        return ServerError(http_status=status)
    return Rejected(http_status=status)


def _read_success(status: int, body: bytes) -> Result:
    code = _code(body) if status == 200 else None
    if code is None:
        return OutcomeUnknown(http_status=status, fact="an answer that is not the contract")
    return _ACCEPTED if code == 0 else Rejected(http_status=status, fact=f"code {code}")


def _code(body: bytes) -> int | None:
    try:
        answer = from_json(body)
    except ValueError:
        return None
    code = answer.get("code") if isinstance(answer, dict) else None
    # To Python True is an int; to the contract it is not.
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def seconds_to_wait(retry_after: str | None, now: datetime) -> float | None:
    """Retry-After as seconds from ``now``, never negative; None when absent or unreadable."""
    value = (retry_after or "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])  # nine digits are thirty years: enough, and no overflow
    try:
        instant = parsedate_to_datetime(value)
    except ValueError:
        return None
    if instant.tzinfo is None:  # the oldest of HTTP's three forms names no zone: it means GMT
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - now).total_seconds())
