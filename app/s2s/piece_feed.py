"""The way out of a speech-to-speech stream: whatever arrives, one reader, no task."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from app.domain.direct import DirectPiece
from app.errors import ProviderUnavailable

MAX_UNREAD = 1000
"""A reader so many pieces behind is gone; the stream fails rather than grow."""


class PieceFeed(AsyncIterator[DirectPiece]):
    """Pieces in the order they were put."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._unread: deque[DirectPiece] = deque()
        self._arrived = asyncio.Event()
        self._error: Exception | None = None
        self._is_closed = False

    @property
    def is_over(self) -> bool:
        """Whether it takes nothing more: closed or failed."""
        return self._is_closed or self._error is not None

    def put(self, piece: DirectPiece) -> None:
        """Queue one piece; never blocks. Does nothing once the feed is over."""
        if self.is_over:
            return
        if len(self._unread) >= MAX_UNREAD:
            self.fail(ProviderUnavailable(self._provider, "reader-stalled"))
            return
        self._unread.append(piece)
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

    def __aiter__(self) -> AsyncIterator[DirectPiece]:
        return self

    async def __anext__(self) -> DirectPiece:
        while not self._unread:
            if self._is_closed:
                raise StopAsyncIteration
            if self._error is not None:
                raise self._error
            self._arrived.clear()
            await self._arrived.wait()
        return self._unread.popleft()
