"""Rows in memory, columns on the broker: how what there is the most of travels.

As an object of its own a row costs more to write, to check and to read than all that is done about
it. By columns its numbers and words are checked by the thousand, no name is repeated, and what all
rows have in common is written once.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import Any, NamedTuple, Self, TypeAlias, TypeVar

from pydantic import Field, GetCoreSchemaHandler, create_model, model_validator
from pydantic_core import CoreSchema, core_schema

from shared.contracts.base import Part

T = TypeVar("T")
R = TypeVar("R", bound=NamedTuple)

# One value that all rows have, or one for each of them.
Column: TypeAlias = T | tuple[T, ...]


class Columns(Part):
    """In every column with a value for each row, the same place is the same row."""

    message_id: tuple[int, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _match(self) -> Self:
        rows = len(self.message_id)
        if any(isinstance(each, tuple) and len(each) != rows for each in self.__dict__.values()):
            raise ValueError("the columns differ in length")
        return self

    def rows(self, row: type[R], **same: Any) -> tuple[R, ...]:
        """``same``: fields that have no column, for what is around them tells their value."""
        values = self.__dict__ | same
        count = len(self.message_id)
        columns = (_spread(values[name], count) for name in row._fields)
        return tuple(map(row._make, zip(*columns, strict=True)))


def by_columns(rows: Sequence[R]) -> dict[str, Any]:
    """At least one row. The first column names the rows, so it has a value for each."""
    names = rows[0]._fields
    first, *others = zip(*rows, strict=True)
    return dict(zip(names, (first, *map(_gather, others)), strict=True))


def _gather(values: tuple[Any, ...]) -> Any:
    return values[0] if values.count(values[0]) == len(values) else values


def _spread(values: Any, count: int) -> Any:
    return values if isinstance(values, tuple) else repeat(values, count)


def as_object(row: type[R], handler: GetCoreSchemaHandler) -> CoreSchema:
    """A row by itself: on the broker an object, with its fields' names."""
    types, defaults = row.__annotations__, row._field_defaults
    fields: dict[str, Any] = {name: (types[name], defaults.get(name, ...)) for name in types}
    model = create_model(row.__name__, __base__=Part, __doc__=row.__doc__, **fields)
    read = core_schema.no_info_after_validator_function(
        lambda it: row._make(getattr(it, name) for name in row._fields),
        handler.generate_schema(model),
    )
    # Written as a dictionary: to make a model only to write it would take five times as long.
    written = core_schema.typed_dict_schema(
        {name: core_schema.typed_dict_field(handler.generate_schema(types[name])) for name in types}
    )
    return core_schema.json_or_python_schema(
        json_schema=read,
        python_schema=core_schema.union_schema([core_schema.is_instance_schema(row), read]),
        serialization=core_schema.plain_serializer_function_ser_schema(
            row._asdict,
            return_schema=written,
        ),
    )
