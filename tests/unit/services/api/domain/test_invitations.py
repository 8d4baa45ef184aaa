from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain.failures import Conflict, Failure, Invalid, NotOpen
from services.api.domain.invitations import (
    Comer,
    Invitation,
    Registration,
    RegistrationMode,
    newcomer,
)
from services.api.domain.users import NewUser, Role

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OPEN, BY_INVITATION, CLOSED = (Registration(mode) for mode in RegistrationMode)
EMAIL = "ann@example.com"
INVITATION = Invitation(
    8, "Ann@example.com", Role.MANAGER, True, frozenset({3}), NOW, NOW + timedelta(days=7), 1
)
STRANGER = Comer(EMAIL)
INVITED = Comer(EMAIL, shown=True, invitation=INVITATION)


def come(
    registration: Registration, comer: Comer, *, is_first: bool = False, now: datetime = NOW
) -> NewUser:
    return newcomer(registration, comer, is_first=is_first, now=now)


@pytest.mark.parametrize("registration", [OPEN, BY_INVITATION])
def test_the_first_of_all_administers(registration: Registration) -> None:
    first = come(registration, STRANGER, is_first=True)
    assert first == NewUser(EMAIL, None, Role.ADMIN, may_launch=True)
    named = replace(registration, first_may=False)
    with pytest.raises(NotOpen, match="yet to come"):
        come(named, STRANGER, is_first=True)


@pytest.mark.parametrize("registration", [OPEN, BY_INVITATION])
def test_who_is_invited_becomes_what_the_invitation_says(registration: Registration) -> None:
    ann = NewUser(EMAIL, None, Role.MANAGER, may_launch=True, departments=frozenset({3}))
    assert come(registration, INVITED) == ann


def test_a_stranger_becomes_a_viewer_where_it_is_open() -> None:
    assert come(OPEN, STRANGER) == NewUser(EMAIL, None, Role.VIEWER)
    with pytest.raises(NotOpen, match="invitation"):
        come(BY_INVITATION, STRANGER)


@pytest.mark.parametrize("is_first", [True, False])
def test_where_it_is_closed_nobody_registers(is_first: bool) -> None:
    for comer in (STRANGER, INVITED):
        with pytest.raises(NotOpen):
            come(CLOSED, comer, is_first=is_first)
    with pytest.raises(Conflict, match="API_REGISTRATION"):
        CLOSED.check_inviting()
    BY_INVITATION.check_inviting()


@pytest.mark.parametrize("registration", [OPEN, BY_INVITATION])
def test_what_is_wrong_with_an_invitation_is_one_sentence(registration: Registration) -> None:
    """And where it is open, a bad one is no reason to make somebody a viewer."""
    told: set[tuple[Failure, ...] | str] = set()
    for comer, now in (
        (Comer(EMAIL, shown=True), NOW),
        (replace(INVITED, email="bob@example.com"), NOW),
        (INVITED, NOW + timedelta(days=7)),
    ):
        with pytest.raises(Invalid) as refused:
            come(registration, comer, now=now)
        told.add(str(refused.value.errors))
    assert len(told) == 1
