"""Departments: in whose name a mailing speaks, and who deals with it."""

from dataclasses import dataclass
from datetime import datetime

from services.api.domain.callers import Scope
from services.api.domain.failures import FieldFault, Invalid


@dataclass(frozen=True, slots=True)
class Department:
    id: int
    name: str
    created_at: datetime


def department_for(scope: Scope, wanted: int | None) -> int | None:
    """The department of a mailing that somebody writes; of their only one when they name none.

    Raises Invalid when it is none of theirs, or when they must say which.
    """
    theirs = scope.departments
    if wanted is None and theirs is not None and len(theirs) == 1:
        return next(iter(theirs))
    if not scope.includes(wanted):
        raise Invalid(FieldFault("department_id", _whose(theirs or frozenset())))
    return wanted


def _whose(theirs: frozenset[int]) -> str:
    if not theirs:
        return "You are in no department; leave it out."
    return f"Name one of your departments: {', '.join(map(str, sorted(theirs)))}."
