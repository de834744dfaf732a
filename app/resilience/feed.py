"""The way out of a provider's stream: whatever arrives, one reader, no task."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TypeVar

from app.errors import ProviderUnavailable

T = TypeVar("T")


class Feed(AsyncIterator[T]):
    """Items in the order they were put. A reader ``most_unread`` behind is gone: it fails rather than grow."""

    def __init__(self, provider: str, most_unread: int) -> None:
        self._provider = provider
        self._most_unread = most_unread
        self._unread: deque[T] = deque()
        self._arrived = asyncio.Event()
        self._error: Exception | None = None
        self._is_closed = False

    @property
    def is_over(self) -> bool:
        """Whether it takes nothing more: closed or failed."""
        return self._is_closed or self._error is not None

    def put(self, item: T) -> None:
        """Queue one item; never blocks. Does nothing once the feed is over."""
        if self.is_over:
            return
        if len(self._unread) >= self._most_unread:
            self.fail(ProviderUnavailable(self._provider, "reader-stalled"))
            return
        self._unread.append(item)
        self._arrived.set()

    def fail(self, error: Exception) -> None:
        """Raise ``error`` at the reader, after what it has not read yet: a ProviderError, or a bug."""
        if not self.is_over:
            self._error = error
            self._arrived.set()

    def close(self) -> None:
        """End the iteration at once; what is unread is lost. Idempotent."""
        self._is_closed = True
        self._unread.clear()
        self._arrived.set()

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        while not self._unread:
            if self._is_closed:
                raise StopAsyncIteration
            if self._error is not None:
                raise self._error
            self._arrived.clear()
            await self._arrived.wait()
        return self._unread.popleft()
