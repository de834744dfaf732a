"""Work that blocks, off the event loop: a few threads, and a few jobs that may wait for one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from app.errors import ProviderThrottled, ProviderUnavailable

T = TypeVar("T")

_WAITING_PER_WORKER = 16
"""More than that many jobs for each thread would answer too late for a conversation."""
_RETRY_AFTER_S = 1.0


class WorkerThreads:
    """``workers`` threads of a provider's own.

    A caller that is cancelled takes its job out of the queue; a job that runs already comes to its end, unheard.
    """

    def __init__(self, provider: str, workers: int) -> None:
        self._provider = provider
        self._most_unfinished = workers * (1 + _WAITING_PER_WORKER)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=provider)
        self._unfinished: set[Future[Any]] = set()
        self._is_closed = False
        self.refused = 0
        """Jobs for which there was no room."""

    async def run(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns or raise what it raises.

        Raises ProviderThrottled where too many jobs wait, and ProviderUnavailable once closed, also for one that waits.
        """
        if self._is_closed:
            raise ProviderUnavailable(self._provider, "closed")
        if len(self._unfinished) >= self._most_unfinished:
            self.refused += 1
            raise ProviderThrottled(self._provider, "busy", _RETRY_AFTER_S)
        job: Future[T] = self._pool.submit(work)
        self._unfinished.add(job)
        job.add_done_callback(self._unfinished.discard)
        outcome = asyncio.wrap_future(job)
        del job  # A caller that is cancelled would keep what the job fails with alive, sockets and all.
        try:
            return await outcome
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is not None and caller.cancelling():
                raise
            raise ProviderUnavailable(self._provider, "closed") from None

    def close(self) -> None:
        """Refuse new jobs and forget those that wait; what runs comes to its end. Idempotent, never blocks."""
        self._is_closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def aclose(self) -> None:
        """Close, and wait for what runs."""
        self.close()
        await asyncio.to_thread(self._pool.shutdown)
