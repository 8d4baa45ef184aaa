"""What every model has."""

from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict

T = TypeVar("T")

Instant = AwareDatetime


class Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Words(StrEnum):
    """An enumeration that a newer server may have more of."""

    @classmethod
    def _missing_(cls, value: Any) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_, word._value_ = value.upper(), value
        return word


class Page(Model, Generic[T]):
    """``next_cursor`` leads to the next one; None: this was the last."""

    items: list[T]
    next_cursor: str | None
