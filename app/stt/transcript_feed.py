"""The way out of a recogniser's stream: whatever arrives, one reader, no task."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from app.domain.transcripts import Transcript
from app.errors import ProviderUnavailable

MAX_UNREAD = 64
"""A reader this far behind is gone; the stream fails rather than grow."""


class TranscriptFeed(AsyncIterator[Transcript]):
    """Transcripts in the order they were put, for one reader.

    An unread interim is replaced by the next transcript of its utterance, so what waits is one transcript per
    utterance; more than ``MAX_UNREAD`` of them fail the feed.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._unread: deque[Transcript] = deque()
        self._arrived = asyncio.Event()
        self._error: Exception | None = None
        self._is_closed = False
        self.interims_replaced = 0

    @property
    def is_over(self) -> bool:
        """Whether it takes nothing more: closed or failed."""
        return self._is_closed or self._error is not None

    def put(self, transcript: Transcript) -> None:
        """Queue one transcript; never blocks. Does nothing once the feed is over."""
        if self.is_over:
            return
        if self._unread and not self._unread[-1].is_final and self._unread[-1].utterance == transcript.utterance:
            self._unread.pop()
            self.interims_replaced += 1
        if len(self._unread) >= MAX_UNREAD:
            self.fail(ProviderUnavailable(self._provider, "reader-stalled"))
            return
        self._unread.append(transcript)
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

    def __aiter__(self) -> AsyncIterator[Transcript]:
        return self

    async def __anext__(self) -> Transcript:
        while not self._unread:
            if self._is_closed:
                raise StopAsyncIteration
            if self._error is not None:
                raise self._error
            self._arrived.clear()
            await self._arrived.wait()
        return self._unread.popleft()
