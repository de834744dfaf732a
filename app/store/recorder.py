"""Writes facts into the database from behind a bounded queue: a dead database never delays a call."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice

import structlog

from app.domain.records import Fact
from app.store.database import Database
from app.store.facts import apply_facts
from app.store.failures import WRITE_FAILURES, is_refusal

logger = structlog.get_logger(__name__)


class Recorder:
    """A queue of facts and the loop that empties it.

    The owner runs ``run()`` as a task, calls ``drain()`` before it cancels that task, and may start it anew: a fact
    leaves the queue only when it is written or refused, and to write one twice does no harm. One event loop.
    """

    def __init__(
        self,
        database: Database,
        *,
        capacity: int = 10_000,
        batch_size: int = 200,
        linger_s: float = 0.05,
        retry_min_s: float = 0.2,
        retry_max_s: float = 5.0,
    ) -> None:
        self._database = database
        self._capacity = capacity
        self._batch_size = batch_size
        self._linger_s = linger_s
        self._retry_min_s = retry_min_s
        self._retry_max_s = retry_max_s
        self._queue: deque[Fact] = deque()
        self._waiting = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._is_full = False
        self.written_count = 0
        self.dropped_count = 0
        """Facts that found the queue full."""
        self.refused_count = 0
        """Facts that the database would never take."""
        self.retry_count = 0
        """Batches that had to be tried again."""

    @property
    def queued(self) -> int:
        """Facts that are not settled yet, those being written included."""
        return len(self._queue)

    def record(self, fact: Fact) -> bool:
        """Queue one fact; never blocks. False when the queue is full: the fact is counted and gone."""
        if len(self._queue) >= self._capacity:
            self.dropped_count += 1
            if not self._is_full:
                self._is_full = True
                logger.error("recorder.queue_filled", capacity=self._capacity)
            return False
        self._is_full = False
        self._queue.append(fact)
        self._empty.clear()
        self._waiting.set()
        return True

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._waiting.wait()
            if len(self._queue) < self._batch_size:
                await asyncio.sleep(self._linger_s)
            await self._settle(list(islice(self._queue, self._batch_size)))

    async def flush(self) -> None:
        """Wait until nothing is queued; ``run()`` must be running."""
        await self._empty.wait()

    async def drain(self, timeout_s: float) -> int:
        """Give ``run()`` that much time to empty the queue; return how many facts are left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.flush()
        return self.queued

    async def _settle(self, facts: Sequence[Fact]) -> None:
        """Write the head of the queue, in one transaction where the database takes it, and remove it.

        A batch that holds a refused fact is halved until that fact is alone; it is counted and dropped.
        """
        retry_s = self._retry_min_s
        while True:
            try:
                async with self._database.sessions.begin() as session:
                    await apply_facts(session, facts)
            except WRITE_FAILURES as error:
                if is_refusal(error):
                    await self._isolate(facts, error)
                    return
                self.retry_count += 1
                logger.warning(
                    "recorder.batch_failed", error=type(error).__name__, facts=len(facts), retry_in_s=retry_s
                )
                await asyncio.sleep(retry_s)
                retry_s = min(retry_s * 2, self._retry_max_s)
            else:
                self.written_count += len(facts)
                self._remove(len(facts))
                return

    async def _isolate(self, facts: Sequence[Fact], error: Exception) -> None:
        if len(facts) == 1:
            self.refused_count += 1
            logger.error("recorder.fact_refused", error=type(error).__name__, fact=type(facts[0]).__name__)
            self._remove(1)
            return
        middle = len(facts) // 2
        await self._settle(facts[:middle])
        await self._settle(facts[middle:])

    def _remove(self, count: int) -> None:
        for _ in range(count):
            self._queue.popleft()
        if not self._queue:
            self._waiting.clear()
            self._empty.set()
