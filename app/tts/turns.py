"""Share a few processor cores among many voices."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.errors import ProviderThrottled


class Turns:
    """A bounded number of jobs at once, the most urgent of the waiting ones next.

    Urgency is a deadline: when the listener will have heard all that was made so far. A request that has not been heard
    yet is due at once, one that is far ahead waits, and nobody waits for ever.
    """

    def __init__(self, provider: str, at_once: int, max_waiting: int = 64) -> None:
        self._provider = provider
        self._free = at_once
        self._max_waiting = max_waiting
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self.refused = 0
        """Requests turned away because too many were waiting."""

    @property
    def waiting(self) -> int:
        return sum(not future.done() for _, _, future in self._waiting)

    @asynccontextmanager
    async def turn(self, due_s: float) -> AsyncIterator[None]:
        """Wait for a turn. ``due_s`` is on any clock that all callers share.

        Raises ProviderThrottled when too many wait already.
        """
        if self._free > 0:
            self._free -= 1
        else:
            await self._wait(due_s)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, due_s: float) -> None:
        if self.waiting >= self._max_waiting:
            self.refused += 1
            raise ProviderThrottled(self._provider, "queue-full", retry_after_s=1.0)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (due_s, next(self._order), future))
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, future = heapq.heappop(self._waiting)
            if not future.done():
                future.set_result(None)
                return
        self._free += 1
