"""Methods of the client, each written once: as the call it makes.

``@operation`` makes a method of it that carries the call, ``@listing`` one whose pages are
iterated over. Whether the result is there or is to be awaited is the group's carrier's affair.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from carillon.calls import Call
from carillon.carriers import AsyncCarrier, Carrier
from carillon.models.base import Page
from carillon.pages import AsyncPages, Pages

P = ParamSpec("P")
T = TypeVar("T")
# What a group is of: Carrier, or AsyncCarrier.
C = TypeVar("C", Carrier, AsyncCarrier)


class Group(Generic[C]):
    """The methods of one domain."""

    def __init__(self, carrier: C) -> None:
        self._carrier: C = carrier

    @property
    def carrier(self) -> C:
        return self._carrier


class operation(Generic[P, T]):
    def __init__(self, make: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self.make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> Self: ...
    @overload
    def __get__(self, group: Group[Carrier], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, group: Group[AsyncCarrier], owner: type
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, group: Group[Any] | None, owner: type) -> Any:
        if group is None:
            return self

        @wraps(self.make)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return group.carrier.carry(self.make(group, *args, **kwargs))

        return method


class listing(Generic[P, T]):
    def __init__(self, make: Callable[Concatenate[Any, P], Call[Page[T]]]) -> None:
        self.make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, group: None, owner: type) -> Self: ...
    @overload
    def __get__(self, group: Group[Carrier], owner: type) -> Callable[P, Pages[T]]: ...
    @overload
    def __get__(self, group: Group[AsyncCarrier], owner: type) -> Callable[P, AsyncPages[T]]: ...
    def __get__(self, group: Group[Any] | None, owner: type) -> Any:
        if group is None:
            return self

        @wraps(self.make)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return group.carrier.leaf(self.make(group, *args, **kwargs))

        return method
