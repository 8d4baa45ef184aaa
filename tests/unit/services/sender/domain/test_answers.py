from datetime import timedelta

import pytest

from services.sender.domain.answers import classify, seconds_to_wait
from services.sender.domain.failures import (
    Accepted,
    OutcomeUnknown,
    Rejected,
    Result,
    ServerError,
    Throttled,
    Unauthorized,
)
from tests.unit.services.sender.fakes import START

OK = b'{"code": 0, "message": "OK"}'


@pytest.mark.parametrize(
    ("status", "retry_after", "body", "kind"),
    [
        (200, None, OK, Accepted),
        (200, None, b'{"code":0}', Accepted),
        (200, None, b'{"code": 17, "message": "Number is not served"}', Rejected),
        (200, None, b'{"code": -1}', Rejected),
        # A yes must be said in the words of the contract.
        (200, None, b"", OutcomeUnknown),
        (200, None, b"OK", OutcomeUnknown),
        (200, None, b"<html>It works!</html>", OutcomeUnknown),
        (200, None, b'{"code": 0', OutcomeUnknown),
        (200, None, b'{"code": "0"}', OutcomeUnknown),
        (200, None, b'{"code": false}', OutcomeUnknown),
        (200, None, b'{"code": 0.0}', OutcomeUnknown),
        (200, None, b'{"code": null}', OutcomeUnknown),
        (200, None, b'{"message": "OK"}', OutcomeUnknown),
        (200, None, b"[0]", OutcomeUnknown),
        (200, None, b"[" * 100_000, OutcomeUnknown),
        (200, None, b"\xff\xfe", OutcomeUnknown),
        (201, None, OK, OutcomeUnknown),
        (202, None, OK, OutcomeUnknown),
        (204, None, b"", OutcomeUnknown),
        (301, None, OK, Rejected),
        (400, None, OK, Rejected),
        (401, None, OK, Unauthorized),
        (403, None, b"", Unauthorized),
        (404, None, b"", Rejected),
        (408, None, b"", Rejected),
        (429, None, b"", Throttled),
        (429, "3", b"", Throttled),
        (500, None, OK, ServerError),
        (500, "3", b"", ServerError),
        (502, None, b"", ServerError),
        (503, None, b"", ServerError),
        (503, "3", b"", Throttled),
        (503, "soon", b"", Throttled),
        (599, None, b"", ServerError),
    ],
)
def test_classes_of_answers(
    status: int, retry_after: str | None, body: bytes, kind: type[Result]
) -> None:
    result = classify(status, retry_after, body, START)
    assert type(result) is kind
    assert result.http_status == status


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),  # a digit, but not HTTP's
        ("9" * 5000, 999_999_999.0),
        ("Sat, 21 Nov 2026 09:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 08:00:00 GMT", 0.0),
        ("Saturday, 21-Nov-26 09:00:30 GMT", 30.0),
        ("Sat Nov 21 09:00:30 2026", 30.0),
        ("Sat, 99 Nov 2026 09:00:30 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, START) == seconds


def test_retry_after_is_measured_from_now() -> None:
    header = "Sat, 21 Nov 2026 09:00:30 GMT"
    assert seconds_to_wait(header, START + timedelta(seconds=20)) == 10.0
