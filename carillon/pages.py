"""Lists, read as far as somebody looks."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Generic, TypeVar

from carillon.calls import Call
from carillon.models.base import Page

T = TypeVar("T")


class Pages(Generic[T]):
    """Everything that a filter finds, asked for page by page while it is iterated over."""

    def __init__(
        self, call: Call[Page[T]], carry: Callable[[Call[Page[T]]], Page[T]], size: int | None
    ) -> None:
        self._call, self._carry, self._size = call, carry, size

    def sized(self, size: int) -> "Pages[T]":
        """With so many on a page."""
        return Pages(self._call, self._carry, size)

    def page(self, cursor: str | None = None) -> Page[T]:
        """One page; ``next_cursor`` of the one before leads to the next."""
        return self._carry(self._call.asking(limit=self._size, cursor=cursor))

    def pages(self) -> Iterator[Page[T]]:
        page = self.page()
        yield page
        while page.next_cursor is not None:
            page = self.page(page.next_cursor)
            yield page

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.items


class AsyncPages(Generic[T]):
    """As Pages, for ``async for``."""

    def __init__(
        self,
        call: Call[Page[T]],
        carry: Callable[[Call[Page[T]]], Awaitable[Page[T]]],
        size: int | None,
    ) -> None:
        self._call, self._carry, self._size = call, carry, size

    def sized(self, size: int) -> "AsyncPages[T]":
        return AsyncPages(self._call, self._carry, size)

    async def page(self, cursor: str | None = None) -> Page[T]:
        return await self._carry(self._call.asking(limit=self._size, cursor=cursor))

    async def pages(self) -> AsyncIterator[Page[T]]:
        page = await self.page()
        yield page
        while page.next_cursor is not None:
            page = await self.page(page.next_cursor)
            yield page

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.items:
                yield item
