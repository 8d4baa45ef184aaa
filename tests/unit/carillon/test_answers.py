"""Answers become values, problems become errors."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from carillon import errors
from carillon.answers import Answer, retry_after, value_of
from carillon.calls import delete, get
from carillon.models.clients import ImportState
from carillon.models.users import Department, IssuedTokens, Role, User

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DEPARTMENT = {"id": 3, "name": "Sales", "created_at": "2027-02-01T09:00:00Z"}
USER = {
    "id": 2,
    "email": "ann@example.com",
    "role": "manager",
    "may_launch": True,
    "departments": [3],
    "closed": False,
    "rights": ["clients:read"],
    "created_at": "2027-02-01T09:00:00Z",
}


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, names, b"" if body is None else json.dumps(body).encode())


def test_instants_know_their_offset() -> None:
    department = value_of(get("/x", Department), answer(200, DEPARTMENT), NOW)
    assert department.created_at == datetime(2027, 2, 1, 9, tzinfo=UTC)


def test_an_answer_knows_its_version() -> None:
    tagged = value_of(get("/x", Department), answer(200, DEPARTMENT, etag='"3-1"'), NOW)
    assert tagged.etag == '"3-1"'
    assert "etag" not in tagged.model_dump()
    assert value_of(get("/x", Department), answer(200, DEPARTMENT), NOW).etag is None


def test_secrets_are_not_shown_by_accident() -> None:
    tokens = {"access_token": "hush", "refresh_token": "hush", "token_type": "bearer"}
    issued = value_of(get("/x", IssuedTokens), answer(200, tokens | {"expires_in": 1}), NOW)
    assert issued.access_token == "hush"
    assert "hush" not in repr(issued)


def test_a_newer_server_is_understood() -> None:
    newer = USER | {"role": "auditor", "rights": ["bells:ring"], "shoe_size": 43}
    user = value_of(get("/x", User), answer(200, newer), NOW)
    assert user.role == "auditor"
    assert isinstance(user.role, Role)
    assert user.rights[0].name == "BELLS:RING"
    assert user.model_dump(mode="json")["role"] == "auditor"


def test_a_known_word_is_the_known_member() -> None:
    assert ImportState("done") is ImportState.DONE
    with pytest.raises(ValueError, match="3 is not"):
        ImportState(3)  # type: ignore[arg-type]


def test_nothing_is_an_answer_where_nothing_was_to_be_said() -> None:
    assert value_of(delete("/x"), answer(204), NOW) is None


def test_an_answer_that_lacks_something_names_it() -> None:
    with pytest.raises(errors.Unreadable, match=r"GET /x .*created_at") as caught:
        value_of(get("/x", Department), answer(200, {"id": 3, "name": "Sales"}), NOW)
    assert caught.value.status == 200


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Unauthorized),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (409, errors.Conflict),
        (412, errors.Changed),
        (413, errors.TooLarge),
        (422, errors.Invalid),
        (429, errors.TooManyTries),
        (503, errors.Unavailable),
        (500, errors.Refused),
        (302, errors.Refused),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[errors.Refused]) -> None:
    problem = {"title": "T", "detail": "No.", "errors": [{"field": "phone", "reason": "Bad."}]}
    with pytest.raises(errors.Refused) as caught:
        value_of(get("/x", Department), answer(status, problem, retry_after="7"), NOW)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.errors == (errors.FieldError("phone", "Bad."),)
    assert caught.value.retry_after == 7
    assert str(caught.value) == "No.\nphone: Bad."


@pytest.mark.parametrize("body", [b"<html>", b"[]", b""])
def test_a_page_of_somebody_elses_is_no_problem_document(body: bytes) -> None:
    with pytest.raises(errors.Unreadable, match="502"):
        value_of(get("/x", Department), Answer(502, {}, body), NOW)


def test_a_problem_without_the_fields_of_one_is_told_as_well_as_can_be() -> None:
    told = {"title": "Gone fishing", "errors": ["?", {"field": "a"}]}
    with pytest.raises(errors.Refused, match="Gone fishing") as caught:
        value_of(get("/x", Department), answer(418, told), NOW)
    assert caught.value.errors == (errors.FieldError("a", ""),)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("5", 5),
        ("Thu, 26 Nov 2026 12:01:00 GMT", 60),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-1", None),
        ("", None),
    ],
)
def test_a_wait_is_told_in_seconds_or_by_a_date(told: str, seconds: float | None) -> None:
    assert retry_after(answer(503, retry_after=told), NOW) == seconds
