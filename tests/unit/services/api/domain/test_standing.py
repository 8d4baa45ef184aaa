from datetime import UTC, datetime

import pytest

from services.api.domain.failures import NotOpen
from services.api.domain.standing import Rules, Standing, moved, standing
from services.api.domain.users import Role, User

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MAPPED = Rules({"staff": Role.MANAGER, "ops": Role.ADMIN, "all": Role.VIEWER})
ANN = User(7, "ann@example.com", None, Role.MANAGER, NOW, may_launch=True)
ADMIN = User(1, "admin@example.com", None, Role.ADMIN, NOW)


def role(rules: Rules, *groups: str, present: User | None = None) -> Role:
    return standing(rules, frozenset(groups), present).role


def test_the_highest_of_the_roles_counts() -> None:
    assert role(MAPPED, "all", "ops", "staff") is Role.ADMIN
    assert role(MAPPED, "staff", "all", "strangers") is Role.MANAGER


@pytest.mark.parametrize("present", [None, ANN])
def test_without_a_group_nobody_is_let_in_unless_there_is_a_role_for_them(
    present: User | None,
) -> None:
    with pytest.raises(NotOpen):
        role(MAPPED, "strangers", present=present)
    open_to_all = Rules(MAPPED.roles, default=Role.VIEWER)
    assert role(open_to_all, "strangers", present=present) is Role.VIEWER


def test_where_nothing_is_mapped_the_administrators_word_stays() -> None:
    unmapped = Rules({}, default=Role.VIEWER)
    assert standing(unmapped, frozenset(), ANN) == Standing(Role.MANAGER, True)
    assert standing(unmapped, frozenset(), None) == Standing(Role.VIEWER, False)
    with pytest.raises(NotOpen):
        role(Rules({}))


def test_who_may_launch_is_told_by_groups_where_any_are_named() -> None:
    rules = Rules(MAPPED.roles, launchers=frozenset({"press"}))
    assert standing(rules, frozenset({"staff", "press"}), None) == Standing(Role.MANAGER, True)
    assert standing(rules, frozenset({"staff"}), ANN) == Standing(Role.MANAGER, False)
    assert standing(MAPPED, frozenset({"staff"}), ANN) == Standing(Role.MANAGER, True)


def test_the_last_administrator_stays_one() -> None:
    viewer = Standing(Role.VIEWER, True)
    last = moved(ADMIN, viewer, open_admins=1)
    assert (last.role, last.may_launch) == (Role.ADMIN, True)
    assert moved(ADMIN, viewer, open_admins=2).role is Role.VIEWER
    assert moved(ANN, Standing(Role.ADMIN, False), open_admins=1).role is Role.ADMIN
