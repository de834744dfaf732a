"""Who decodes next, when every call wants the processor at once.

Lives on the event loop and needs no lock; only the work itself runs in threads. What waits is bounded by the number of
streams: one partial and one decode ahead for each, and the finals, which each stream bounds itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import Generic, TypeVar

from app.processors import give_way

T = TypeVar("T")


class Urgency(IntEnum):
    """The lower, the sooner."""

    FINAL = 0
    """An ended utterance: somebody waits for it."""
    AHEAD = 1
    """An utterance that has probably ended: decoded before it is certain."""
    PARTIAL = 2
    """A look at an utterance that goes on."""


@dataclass(slots=True)
class DecodeCounts:
    """What became of the jobs, since the start."""

    run: int = 0
    replaced: int = 0
    """A newer job of the same stream took the place of a waiting one."""
    skipped: int = 0
    """Partials that were refused because more urgent work waited."""
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class _Job(Generic[T]):
    work: Callable[[], T]
    deliver: Callable[[T | BaseException], None]


class DecodeQueue(Generic[T]):
    """``workers`` threads, and the jobs that wait for them.

    A job is known by its urgency and a key. A new job takes the place of a waiting one with the same name, and its
    turn; jobs of one name never run at the same time. Partials leave one worker free where there are several.
    """

    def __init__(self, workers: int) -> None:
        self.counts = DecodeCounts()
        self._workers = workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="decode", initializer=give_way)
        self._waiting: dict[Urgency, dict[Hashable, _Job[T]]] = {urgency: {} for urgency in Urgency}
        self._running: set[tuple[Urgency, Hashable]] = set()
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """How many jobs wait for a thread."""
        return sum(len(waiting) for waiting in self._waiting.values())

    @property
    def is_idle(self) -> bool:
        """Whether no job runs or waits."""
        return not self._running and not any(self._waiting.values())

    def submit(
        self, urgency: Urgency, key: Hashable, work: Callable[[], T], deliver: Callable[[T | BaseException], None]
    ) -> bool:
        """Queue ``work`` for a thread; ``deliver`` gets its result, or what it raised, on the event loop.

        Return False, without queueing, for a partial while more urgent jobs wait. Never blocks.
        """
        if self._is_closed:
            return False
        if urgency is Urgency.PARTIAL and (self._waiting[Urgency.FINAL] or self._waiting[Urgency.AHEAD]):
            self.counts.skipped += 1
            return False
        self.counts.replaced += key in self._waiting[urgency]
        self._waiting[urgency][key] = _Job(work, deliver)
        self._start_jobs()
        return True

    def withdraw(self, urgency: Urgency, key: Hashable) -> bool:
        """Forget a waiting job. Return False when there is none: it runs, it is done, or it never was."""
        found = self._waiting[urgency].pop(key, None) is not None
        self.counts.withdrawn += found
        return found

    async def aclose(self) -> None:
        """Forget what waits and let what runs come to its end. Idempotent."""
        self._is_closed = True
        for waiting in self._waiting.values():
            waiting.clear()
        await asyncio.to_thread(self._pool.shutdown)

    def _start_jobs(self) -> None:
        while len(self._running) < self._workers:
            name = self._next()
            if name is None:
                return
            urgency, key = name
            job = self._waiting[urgency].pop(key)
            self._running.add(name)
            self.counts.run += 1
            future = asyncio.get_running_loop().run_in_executor(self._pool, job.work)
            future.add_done_callback(partial(self._finish, name, job))

    def _next(self) -> tuple[Urgency, Hashable] | None:
        for urgency, waiting in self._waiting.items():
            if urgency is Urgency.PARTIAL and not self._has_room_for_partial():
                return None
            for key in waiting:
                if (urgency, key) not in self._running:
                    return urgency, key
        return None

    def _has_room_for_partial(self) -> bool:
        partials = sum(urgency is Urgency.PARTIAL for urgency, _ in self._running)
        return partials < max(1, self._workers - 1)

    def _finish(self, name: tuple[Urgency, Hashable], job: _Job[T], done: asyncio.Future[T]) -> None:
        self._running.discard(name)
        self._start_jobs()
        if done.cancelled():
            return
        error = done.exception()
        job.deliver(done.result() if error is None else error)
