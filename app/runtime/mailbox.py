"""The one queue into a call: everything that happens to it, in order, for its one consumer."""

from __future__ import annotations

import asyncio
from collections import deque

from app.domain.events import Event, FrameHeard, TimePassed

_MAXIMUM_FRAMES = 500
"""Five seconds of both legs. Beyond that the oldest promise, that audio never waits, is kept by dropping frames."""


class Mailbox:
    """Bounded where it matters: frames are dropped and counted when the call cannot keep up; facts never are.

    Facts are bounded by their sources: a clause has one translation, a leg one end.
    """

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._frames = 0
        self._waiter: asyncio.Future[None] | None = None
        self.dropped_frames = 0

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._events)

    def post(self, event: Event) -> None:
        """Queue an event; never blocks. To be called on the event loop's thread."""
        if isinstance(event, FrameHeard):
            if self._frames >= _MAXIMUM_FRAMES:
                self.dropped_frames += 1
                return
            self._frames += 1
        self._events.append(event)
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def take(self, timeout_s: float) -> Event:
        """Return the next event, or TimePassed after ``timeout_s`` seconds without one."""
        if not self._events and timeout_s > 0:
            loop = asyncio.get_running_loop()
            self._waiter = waiter = loop.create_future()
            timer = loop.call_later(timeout_s, _wake, waiter)
            try:
                await waiter
            finally:
                timer.cancel()
                self._waiter = None
        if not self._events:
            return TimePassed()
        event = self._events.popleft()
        if isinstance(event, FrameHeard):
            self._frames -= 1
        return event


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
