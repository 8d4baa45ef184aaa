"""Groups of dead messages: their names, and what is shown of them."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.domain.dead_letters import Group, group_of, shown
from services.api.domain.failures import Invalid
from services.api.domain.phones import masked

PHONE = "79161234567"
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
GROUPS = st.builds(
    Group,
    mailing_id=st.integers(1, 2**63 - 1),
    status=st.sampled_from(["failed", "unknown"]),
    reason=st.none() | WORDS,
    http_status=st.none() | st.integers(100, 599),
    detail=st.none() | WORDS,
)


@given(GROUPS)
def test_a_group_is_found_by_its_id(group: Group) -> None:
    assert group_of(group.id) == group


@given(GROUPS, GROUPS)
def test_two_groups_have_two_ids(one: Group, other: Group) -> None:
    assert (one.id == other.id) == (one == other)


def encoded(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "x",
        "ä",
        "====",
        Group(7, "failed", None, None, None).id + "=",
        Group(7, "failed", "\x00", None, None).id,
        Group(7, "failed", None, None, "x" * 1_001).id,
        Group(7, "failed", None, 99, None).id,
        Group(2**63, "failed", None, None, None).id,
        encoded([7, "failed", None, None]),
        encoded([7, "failed", None, None, None]),  # with spaces: another spelling
        encoded([7, "sent", None, None, None]),
        encoded({"mailing_id": 7}),
        encoded(5),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
        base64.urlsafe_b64encode(b'[true,"failed",null,null,null]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'[7,"failed",5,null,null]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'[7,"failed",null,"4",null]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'[7,["failed"],null,null,null]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'[7,"failed",null,4.0,null]').decode().rstrip("="),
        base64.urlsafe_b64encode(b'[0,"failed",null,null,null]').decode().rstrip("="),
    ],
)
def test_what_was_not_given_out_is_no_group(id_: str) -> None:
    with pytest.raises(Invalid) as refusal:
        group_of(id_)
    assert [fault.field for fault in refusal.value.errors] == ["group"]


def told(**sample: Any) -> dict[str, Any]:
    """A group as stats tells of it."""
    group = {"mailing_id": 7, "status": "failed", "reason": "rejected", "http_status": 400}
    last = {"message_id": 70, "client_id": 12, "timezone": "UTC", "dispatch": 1, "attempt": 2}
    call = {"at": "2026-11-21T12:00:00Z", "latency_ms": 35, "http_status": 400}
    times = {"first_at": "2026-11-21T11:00:00Z", "last_at": "2026-11-21T12:00:00Z"}
    return {
        "group": group | {"detail": "Refused."},
        "messages": 3,
        **times,
        "sample": last | call | {"text_sha256": "ab" * 32} | sample,
    }


def test_a_group_is_shown_with_a_sample_and_without_the_number() -> None:
    view = shown(told(), {7: "Spring"}, {12: PHONE})
    assert group_of(view["id"]) == Group(7, "failed", "rejected", 400, "Refused.")
    assert (view["mailing_name"], view["messages"]) == ("Spring", 3)
    assert view["sample"]["request"] == {
        "method": "POST",
        "path": "/v1/send/70",
        "body": {"id": 70, "phone": "7916*****67", "text": None},
    }
    answer = {"http_status": 400, "latency_ms": 35, "detail": "Refused."}
    assert view["sample"]["answer"] == answer
    assert PHONE not in json.dumps(view)


def test_of_a_deleted_client_no_digit_is_left() -> None:
    view = shown(told(), {}, {})
    assert view["mailing_name"] is None
    assert view["sample"]["request"]["body"]["phone"] is None


def test_a_masked_number_keeps_seven_digits_to_itself() -> None:
    assert masked(PHONE) == "7916*****67"
