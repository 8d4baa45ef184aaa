"""Every method of the client library, called with everything it takes, or with as little as it can
be called with. No network: a method only says what it would ask."""

import inspect
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from carillon.calls import Call
from carillon.client import Carillon
from carillon.downloads import Download
from carillon.operations import Group, listing, operation
from carillon.uploads import Upload


@dataclass(frozen=True)
class OneOf:
    """Stands for any of these words."""

    words: frozenset[str]


@dataclass(frozen=True)
class Method:
    """``name``: as somebody writes it, ``clients.list``."""

    name: str
    make: Callable[..., Call[Any]]
    is_listing: bool

    def call(self, *, little: bool = False) -> Call[Any]:
        arguments = _arguments(self.make, little=little)
        call = self.make(None, **arguments)
        return call.asking(limit=1, cursor="x") if self.is_listing and not little else call


def methods() -> Iterator[Method]:
    with Carillon("http://nowhere") as carillon:
        for name in dir(type(carillon)):
            group = getattr(carillon, name)
            if isinstance(group, Group):
                yield from _methods_of(name, type(group))


def _methods_of(name: str, group: type[Group[Any]]) -> Iterator[Method]:
    for attribute, value in vars(group).items():
        if isinstance(value, operation | listing):
            yield Method(f"{name}.{attribute}", value.make, isinstance(value, listing))


def _arguments(make: Callable[..., Any], *, little: bool) -> dict[str, Any]:
    hints = get_type_hints(make)
    taken: dict[str, Any] = {}
    for name, parameter in list(inspect.signature(make).parameters.items())[1:]:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            taken |= _fields(get_args(hints[name])[0], little=little)
        elif not little or parameter.default is inspect.Parameter.empty:
            taken[name] = _filled(hints[name], little=little)
    return taken


def _fields(kind: Any, *, little: bool) -> dict[str, Any]:
    names = kind.__required_keys__ if little else get_type_hints(kind)
    return {name: _filled(get_type_hints(kind)[name], little=little) for name in sorted(names)}


_PLAIN: Mapping[Any, Any] = {
    str: "x",
    int: 7,
    float: 0.5,
    bool: True,
    date: date(2027, 3, 1),
    datetime: datetime(2027, 3, 1, tzinfo=UTC),
    Upload: Upload(lambda: io.BytesIO(b""), "text/csv"),
    Download: Download(io.BytesIO, "text/csv"),
}


def _filled(kind: Any, *, little: bool) -> Any:
    """Some value of a type; of several types, of the first."""
    origin, within = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _filled(next(one for one in within if one is not NoneType), little=little)
    if origin is Literal:
        return OneOf(frozenset(within))
    if origin is Sequence:
        return [_filled(within[0], little=little)]
    if origin is Mapping:
        return {"x": _filled(within[1], little=little)}
    if is_typeddict(kind):
        return _fields(kind, little=little)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return OneOf(frozenset(kind))
    return _PLAIN[kind]
