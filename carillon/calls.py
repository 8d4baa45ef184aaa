"""What a method of the client asks for, as a value: built without a network, read without one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import NoneType
from typing import Any, Generic, Self, TypeVar
from urllib.parse import quote

from pydantic_core import to_json, to_jsonable_python

from carillon.downloads import Download
from carillon.uploads import Upload

T = TypeVar("T")

Values = Mapping[str, Any]

# What may come twice without doing more than once, key or no key.
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request to a route, and the type of its answer.

    ``route`` has the names of ``places`` in braces. A value of ``query`` that is None is not sent.
    ``if_match``: the tag of what was looked at before it is changed.
    ``is_door``: needs no token and gives some; it is never tried again by itself.
    """

    method: str
    route: str
    answer: type[T]
    places: Values = field(default_factory=dict)
    query: Values = field(default_factory=dict)
    body: Values | None = None
    upload: Upload | None = None
    download: Download | None = None
    if_match: str | None = None
    is_door: bool = False

    @property
    def path(self) -> str:
        """Safe whatever the names hold: a slash in one is no slash of the path."""
        return self.route.format(
            **{name: quote(str(value), safe="") for name, value in self.places.items()}
        )

    @property
    def parameters(self) -> dict[str, str | list[str]]:
        given = {name: value for name, value in self.query.items() if value is not None}
        return {name: _plain_or_several(value) for name, value in given.items()}

    @property
    def is_write(self) -> bool:
        return self.method not in _SAFE

    def json(self) -> bytes | None:
        return None if self.body is None else to_json(dict(self.body))

    def asking(self, **query: Any) -> Self:
        """The same with more in its query."""
        return replace(self, query={**self.query, **query})

    def meant_for(self, etag: str | None) -> Self:
        """Refused (Changed) if it is another version by now; None: whatever it is."""
        return replace(self, if_match=etag)


def get(route: str, answer: type[T], /, *, query: Values | None = None, **places: Any) -> Call[T]:
    return Call("GET", route, answer, places, query or {})


def delete(route: str, /, **places: Any) -> Call[None]:
    return Call("DELETE", route, NoneType, places)


def post(route: str, answer: type[T], /, body: Values | None = None, **places: Any) -> Call[T]:
    return Call("POST", route, answer, places, body=body)


def put(route: str, answer: type[T], /, body: Values, **places: Any) -> Call[T]:
    return Call("PUT", route, answer, places, body=body)


def patch(route: str, answer: type[T], /, body: Values, **places: Any) -> Call[T]:
    return Call("PATCH", route, answer, places, body=body)


def download(
    route: str, file: Download, /, *, query: Values | None = None, **places: Any
) -> Call[None]:
    return Call("GET", route, NoneType, places, query or {}, download=file)


def _plain_or_several(value: Any) -> str | list[str]:
    return [_plain(one) for one in value] if isinstance(value, list) else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(to_jsonable_python(value))
