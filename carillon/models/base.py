"""What every model has."""

from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, PrivateAttr

T = TypeVar("T")

Instant = AwareDatetime


class Model(BaseModel):
    """``etag``: which version of a client or a mailing this is."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    _etag: str | None = PrivateAttr(None)

    @property
    def etag(self) -> str | None:
        return self._etag

    def tagged(self, etag: str | None) -> Self:
        self._etag = etag
        return self


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
