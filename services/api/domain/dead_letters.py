"""Messages that ended ``failed`` or ``unknown``: the groups they are looked at in, and what is
shown of one. Never a text, a token or a whole number."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any, Literal

from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.phones import masked

DeadStatus = Literal["failed", "unknown"]

LONGEST_WORD = 1_000

_NOT_A_GROUP = FieldFault("group", "This is not the id of a group that was given out here.")


@dataclass(frozen=True, slots=True)
class Group:
    """All that ended alike in a mailing. A field that is None is so of all of them."""

    mailing_id: int
    status: DeadStatus
    reason: str | None
    http_status: int | None
    detail: str | None

    @property
    def id(self) -> str:
        """Names the group to callers, who are not to look inside."""
        values = json.dumps(astuple(self), ensure_ascii=False, separators=(",", ":"))
        return base64.urlsafe_b64encode(values.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Dead:
    """``text_sha256``: of the text of a call that may have been accepted."""

    message_id: int
    mailing_id: int
    client_id: int
    dispatch: int
    status: DeadStatus
    text_sha256: str | None = None


def group_of(id_: str) -> Group:
    """Raises Invalid."""
    try:
        padded = id_.encode("ascii") + b"=" * (-len(id_) % 4)
        group = Group(*json.loads(base64.b64decode(padded, altchars=b"-_", validate=True)))
        if not _is_one(group) or group.id != id_:  # one spelling only
            raise ValueError
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise Invalid(_NOT_A_GROUP) from None
    return group


def _is_one(group: Group) -> bool:
    whole = type(group.mailing_id) is int and 0 < group.mailing_id < 2**63
    answered = type(group.http_status) is int and 100 <= group.http_status < 1_000
    words = _is_word(group.reason) and _is_word(group.detail)
    known = group.status in ("failed", "unknown")
    return whole and words and known and (answered or group.http_status is None)


def _is_word(value: object) -> bool:
    return value is None or (
        isinstance(value, str) and len(value) <= LONGEST_WORD and "\x00" not in value
    )


def shown(
    told: Mapping[str, Any], names: Mapping[int, str | None], phones: Mapping[int, str]
) -> dict[str, Any]:
    """A group as stats tells of it, with what only we know: names, and as much of a phone as may
    be seen. The request is what the sender's contract with the provider makes it."""
    group, sample = Group(**told["group"]), told["sample"]
    message_id, phone = sample["message_id"], phones.get(sample["client_id"])
    return {
        "id": group.id,
        "mailing_id": group.mailing_id,
        "mailing_name": names.get(group.mailing_id),
        "status": group.status,
        "reason": group.reason,
        "detail": group.detail,
        "http_status": group.http_status,
        "messages": told["messages"],
        "first_at": told["first_at"],
        "last_at": told["last_at"],
        "sample": {
            "message_id": message_id,
            "client_id": sample["client_id"],
            "request": {
                "method": "POST",
                "path": f"/v1/send/{message_id}",
                "body": {
                    "id": message_id,
                    "phone": None if phone is None else masked(phone),
                    "text": None,
                },
            },
            "answer": {
                "http_status": sample["http_status"],
                "latency_ms": sample["latency_ms"],
                "detail": group.detail,
            },
            "at": sample["at"],
            "dispatch": sample["dispatch"],
            "attempt": sample["attempt"],
            "text_sha256": sample["text_sha256"],
        },
    }
