from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain.api_tokens import ApiToken
from services.api.domain.callers import EVERYTHING, Scope, caller, caller_by_token
from services.api.domain.departments import department_for
from services.api.domain.failures import Conflict, Forbidden, Invalid, LogInNeeded
from services.api.domain.rights import Right, rights_of
from services.api.domain.sessions import Session, Stolen, refreshed
from services.api.domain.users import Role, User, check_administered

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(days=14)
NONE, ONE, TWO = Scope(frozenset()), Scope(frozenset({3})), Scope(frozenset({3, 5}))


def user(role: Role = Role.ADMIN, *, closed: bool = False, launch: bool = False) -> User:
    return User(1, "a@example.com", "", role, NOW, launch, frozenset({3}), NOW if closed else None)


@pytest.mark.parametrize(
    ("scope", "includes"),
    [
        (EVERYTHING, {None, 3, 5, 7}),
        (NONE, {None}),
        (ONE, {3}),
        (TWO, {3, 5}),
    ],
)
def test_whose_mailings_a_scope_includes(scope: Scope, includes: set[int | None]) -> None:
    assert {one for one in (None, 3, 5, 7) if scope.includes(one)} == includes


@pytest.mark.parametrize(
    ("scope", "wanted", "department"),
    [
        (EVERYTHING, None, None),
        (EVERYTHING, 7, 7),
        (NONE, None, None),
        (ONE, None, 3),
        (ONE, 3, 3),
        (TWO, 5, 5),
    ],
)
def test_the_department_of_what_somebody_writes(
    scope: Scope, wanted: int | None, department: int | None
) -> None:
    assert department_for(scope, wanted) == department


@pytest.mark.parametrize(
    ("scope", "wanted", "said"),
    [(NONE, 3, "no department"), (ONE, 5, "departments: 3."), (TWO, None, "departments: 3, 5.")],
)
def test_a_department_that_is_not_theirs(scope: Scope, wanted: int | None, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        department_for(scope, wanted)
    [error] = refused.value.errors
    assert error.field == "department_id"
    assert said in error.reason


def test_a_role_may_do_all_that_a_lesser_one_may() -> None:
    viewer, manager, admin = (
        rights_of(role, may_launch=False) for role in (Role.VIEWER, Role.MANAGER, Role.ADMIN)
    )
    assert viewer < manager < admin
    assert admin == set(Right) - {Right.MAILINGS_LAUNCH}


def test_to_launch_is_a_right_of_its_own() -> None:
    for role in (Role.MANAGER, Role.ADMIN):
        more = rights_of(role, may_launch=True) - rights_of(role, may_launch=False)
        assert more == {Right.MAILINGS_LAUNCH}
    assert Right.MAILINGS_LAUNCH not in rights_of(Role.VIEWER, may_launch=True)


def test_a_caller_deals_with_their_departments_unless_they_administer() -> None:
    assert caller(user(Role.ADMIN), "", 1).scope == EVERYTHING
    assert caller(user(Role.MANAGER), "", 1).scope == ONE
    who = caller(user(Role.VIEWER), "", 1)
    who.need(Right.CLIENTS_READ)
    with pytest.raises(Forbidden, match="clients:write"):
        who.need(Right.CLIENTS_READ, Right.CLIENTS_WRITE)


def test_a_program_may_do_what_both_its_user_and_its_token_may() -> None:
    scopes = frozenset({Right.CLIENTS_READ, Right.CLIENTS_WRITE, Right.USERS_WRITE})
    token = ApiToken(9, 1, "Import", scopes, NOW)
    who = caller_by_token(user(Role.MANAGER), "", token)
    assert who.rights == {Right.CLIENTS_READ, Right.CLIENTS_WRITE}
    assert (who.scope, who.token_id, who.session_id) == (ONE, 9, None)
    assert caller_by_token(user(Role.VIEWER), "", token).rights == {Right.CLIENTS_READ}


def test_what_a_log_in_is_needed_for() -> None:
    assert caller(user(), "", 7).need_log_in() == 7
    every = ApiToken(9, 1, "All", frozenset(Right), NOW)
    with pytest.raises(LogInNeeded):
        caller_by_token(user(), "", every).need_log_in()


def test_the_last_administrator_stays() -> None:
    admin = user()
    for after in (None, user(Role.MANAGER), user(closed=True)):
        with pytest.raises(Conflict):
            check_administered(admin, after, 1)
        check_administered(admin, after, 2)
    check_administered(admin, user(launch=True), 1)
    check_administered(user(Role.MANAGER), None, 1)
    check_administered(user(closed=True), None, 1)


def test_a_refresh_token_makes_the_next_turn_once() -> None:
    session = Session(1, 1, 2, NOW, NOW)
    after = refreshed(session, 2, LATER, SOON)
    assert after == Session(1, 1, 3, NOW, LATER, refreshed_at=SOON)
    assert refreshed(session, 1, LATER, SOON) == Stolen()
    assert refreshed(session, 3, LATER, SOON) == Stolen()


def test_how_long_a_session_lives() -> None:
    assert Session(1, 1, 0, NOW, LATER).is_alive(NOW)
    assert not Session(1, 1, 0, NOW, LATER).is_alive(LATER)
    assert not Session(1, 1, 0, NOW, LATER, ended_at=NOW).is_alive(NOW)
