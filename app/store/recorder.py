"""Writes facts into the database from behind a bounded queue: a dead database never delays a call.

While it is away, facts wait in a journal on disk; they are replayed in their order before anything else is written.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import islice
from typing import ParamSpec, TypeVar

import structlog

from app.domain.records import Fact
from app.store.database import Database
from app.store.facts import apply_facts
from app.store.failures import WRITE_FAILURES, is_refusal
from app.store.journal import Journal

logger = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


class Recorder:
    """A queue of facts and the loop that empties it.

    The owner runs ``run()`` as a task, calls ``drain()`` before it cancels that task and ``aclose()`` after; it may
    start it anew: a fact leaves the queue only when it is written, refused or on disk, and to write one twice does no
    harm. Without a journal, facts wait in memory only. One event loop.

    A fact waits ``linger_s`` for others: a transaction costs some milliseconds of the processor, nearly as much for one
    fact as for ten, and they are taken from the calls (docs/decisions/0018).
    """

    def __init__(
        self,
        database: Database,
        journal: Journal | None = None,
        *,
        capacity: int = 10_000,
        batch_size: int = 200,
        linger_s: float = 0.2,
        retry_min_s: float = 0.2,
        retry_max_s: float = 5.0,
    ) -> None:
        self._database = database
        self._journal = journal
        self._is_journal_full = False
        self._has_begun = False
        self._capacity = capacity
        self._batch_size = batch_size
        self._linger_s = linger_s
        self._retry_min_s = retry_min_s
        self._retry_max_s = retry_max_s
        self._queue: deque[Fact] = deque()
        self._waiting = asyncio.Event()
        self._removed_count = 0
        """Facts that have left the queue, for the database or for the disk."""
        self._moved = asyncio.Event()
        """Set, and replaced, when facts have left the queue or the disk."""
        self._is_full = False
        self.written_count = 0
        self.dropped_count = 0
        """Facts that found the queue full."""
        self.refused_count = 0
        """Facts that the database would never take."""
        self.retry_count = 0
        """Batches that had to be tried again."""
        self.corrupted_count = 0
        """Lines of the journal that could not be read."""

    @property
    def queued(self) -> int:
        """Facts in memory, those being written included."""
        return len(self._queue)

    @property
    def journal_bytes(self) -> int:
        """Size of what waits on disk."""
        return self._journal.size if self._journal is not None else 0

    @property
    def is_caught_up(self) -> bool:
        """Whether the database has everything that earlier processes have left on disk, and this one put there."""
        return self._has_begun and not self.journal_bytes

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
        self._waiting.set()
        return True

    async def run(self) -> None:
        """Write until cancelled, what waits on disk first."""
        journal = self._journal
        if journal is not None:
            await self._on_disk(journal.take_over)
        self._has_begun = True
        while True:
            if journal is not None and journal.size:
                await self._replay(journal)
            await self._waiting.wait()
            if len(self._queue) < self._batch_size:
                await asyncio.sleep(self._linger_s)
            await self._settle(list(islice(self._queue, self._batch_size)))

    async def flush(self) -> None:
        """Wait until what is queued now is written, and nothing waits on disk; ``run()`` must be running."""
        until = self._removed_count + len(self._queue)
        while self._removed_count < until or self.journal_bytes:
            await self._moved.wait()

    async def drain(self, timeout_s: float) -> int:
        """Give ``run()`` that much time to write everything; return how many facts are left in memory."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self.flush()
        return self.queued

    async def aclose(self) -> int:
        """Put what is queued on disk, once ``run()`` has ended; return how many facts are lost. Idempotent."""
        if self._journal is not None:
            if self._queue:
                await self._spill(self._journal)
            await self._on_disk(self._journal.close)
        return self.queued

    async def _settle(self, facts: Sequence[Fact]) -> None:
        """Write the head of the queue, or move the queue to the disk while the database is away."""
        retry_s = self._retry_min_s
        while not await self._write(facts, self._remove):
            if self._journal is not None:
                await self._spill(self._journal)
                if self._journal.size:
                    return
            await asyncio.sleep(retry_s)
            retry_s = min(retry_s * 2, self._retry_max_s)
            facts = list(islice(self._queue, self._batch_size))

    async def _write(self, facts: Sequence[Fact], settled: Callable[[int], None]) -> bool:
        """Write facts in one transaction where the database takes it; False when it is away.

        A batch that holds a refused fact is halved until that fact is alone; it is counted and dropped. ``settled`` is
        told of each piece that is done with.
        """
        try:
            async with self._database.sessions.begin() as session:
                await apply_facts(session, facts)
        except WRITE_FAILURES as error:
            if not is_refusal(error):
                self.retry_count += 1
                logger.warning("recorder.batch_failed", error=type(error).__name__, facts=len(facts))
                return False
            if len(facts) > 1:
                middle = len(facts) // 2
                return await self._write(facts[:middle], settled) and await self._write(facts[middle:], settled)
            self.refused_count += 1
            logger.error("recorder.fact_refused", error=type(error).__name__, fact=type(facts[0]).__name__)
        else:
            self.written_count += len(facts)
        settled(len(facts))
        return True

    async def _replay(self, journal: Journal) -> None:
        """Write what waits on disk, in its order; what comes meanwhile waits behind it."""
        logger.info("recorder.replay_began", bytes=journal.size)
        retry_s = self._retry_min_s
        while (chunk := await self._on_disk(journal.next, self._batch_size)) is not None:
            if await self._write(chunk.facts, lambda _: None):
                await self._on_disk(journal.done, chunk)
                self.corrupted_count += chunk.corrupted
                retry_s = self._retry_min_s
                if len(self._queue) > self._batch_size:
                    await self._spill(journal)
            else:
                await self._spill_for(journal, retry_s)
                retry_s = min(retry_s * 2, self._retry_max_s)
        logger.info("recorder.replay_ended")
        self._tell_who_waits()

    async def _spill_for(self, journal: Journal, seconds: float) -> None:
        """Move what comes to the disk for that long."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + seconds
        while (left_s := until_s - loop.time()) > 0:
            if self._queue:
                await self._spill(journal)
            await asyncio.sleep(min(self._linger_s, left_s))

    async def _spill(self, journal: Journal) -> None:
        """Move the queue to the disk; what finds no room there stays in memory."""
        facts = list(self._queue)
        count = await self._on_disk(journal.append, facts) or 0
        self._remove(count)
        if count < len(facts) and not self._is_journal_full:
            logger.error("recorder.journal_filled", bytes=journal.size)
        self._is_journal_full = count < len(facts)

    async def _on_disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Do what blocks in a thread; None when the disk fails."""
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except OSError as error:
            logger.error("recorder.journal_failed", error=type(error).__name__, errno=error.errno)
            return None

    def _remove(self, count: int) -> None:
        for _ in range(count):
            self._queue.popleft()
        self._removed_count += count
        if not self._queue:
            self._waiting.clear()
        self._tell_who_waits()

    def _tell_who_waits(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()
