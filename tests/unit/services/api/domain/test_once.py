from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain.failures import Conflict, InProgress, Invalid
from services.api.domain.once import (
    HELD_FOR,
    KEPT_FOR,
    Answer,
    Asked,
    Record,
    about,
    judge,
    key_of,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ASKED = Asked(b"POST /clients", b"the body")
ANSWER = Answer(201, {"location": "/clients/7"}, b"{}")
FRESH, OVER = NOW + timedelta(seconds=1), NOW


def record(**known: object) -> Record:
    facts = {
        "asked": ASKED,
        "taken_at": NOW - HELD_FOR,
        "held_until": OVER,
        "is_done": False,
        "answer": None,
    }
    return Record(**(facts | known))  # type: ignore[arg-type]


@pytest.mark.parametrize("held_until", [FRESH, OVER])
def test_what_is_answered_is_answered_again(held_until: datetime) -> None:
    assert judge(record(answer=ANSWER, is_done=True, held_until=held_until), ASKED, NOW) == ANSWER


@pytest.mark.parametrize("is_done", [False, True])
def test_as_long_as_it_is_held_it_is_in_progress(is_done: bool) -> None:
    with pytest.raises(InProgress) as wait:
        judge(record(held_until=FRESH, is_done=is_done), ASKED, NOW)
    assert wait.value.retry_after == 1


def test_whoever_died_before_the_deed_did_nothing() -> None:
    assert judge(record(), ASKED, NOW) is None


def test_a_deed_whose_answer_is_lost_is_not_done_again() -> None:
    with pytest.raises(Conflict) as lost:
        judge(record(is_done=True), ASKED, NOW)
    assert lost.value.errors[0].field == "Idempotency-Key"


@pytest.mark.parametrize("other", [Asked(b"PUT /clients", b"the body"), Asked(ASKED.head, b"")])
@pytest.mark.parametrize("answer", [None, ANSWER])
@pytest.mark.parametrize("held_until", [FRESH, OVER])
def test_a_key_is_for_one_request(
    other: Asked, answer: Answer | None, held_until: datetime
) -> None:
    with pytest.raises(Invalid) as reused:
        judge(record(answer=answer, held_until=held_until), other, NOW)
    assert reused.value.errors[0].field == "Idempotency-Key"


def test_a_body_that_is_yet_to_be_read_may_be_the_same() -> None:
    unread = Asked(ASKED.head, None)
    assert judge(record(answer=ANSWER), unread, NOW) == ANSWER
    assert judge(record(asked=unread), ASKED, NOW) is None


def test_a_day_later_the_key_is_a_new_one() -> None:
    old = record(answer=ANSWER, is_done=True, taken_at=NOW - KEPT_FOR)
    assert judge(old, Asked(b"DELETE /clients/7", b""), NOW) is None


@pytest.mark.parametrize("key", ["a", "0b7e3c1e-5f6a-4e0f-9a55-d1f3a7c2b964", "x" * 128])
def test_a_key_with_quotes_is_the_same_as_without(key: str) -> None:
    assert key_of(key) == key_of(f'"{key}"') == key


@pytest.mark.parametrize("key", ["", '""', "x" * 129, "a b", '"a', "a,b", "é", "a\n"])
def test_what_is_no_key(key: str) -> None:
    with pytest.raises(Invalid):
        key_of(key)


@pytest.mark.parametrize(
    ("path", "location", "whom"),
    [
        ("/api/v1/clients/7", None, "clients/7"),
        ("/api/v1/clients", "/carillon/api/v1/clients/7", "clients/7"),
        ("/api/v1/mailings/7", None, None),
        ("/api/v1/clients/import", "/api/v1/imports/7", None),
    ],
)
def test_whom_an_answer_tells_of(path: str, location: str | None, whom: str | None) -> None:
    assert about(path, location) == whom
