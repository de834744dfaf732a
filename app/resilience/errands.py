"""What a provider does while nobody waits: open a connection before it is needed, put one in order after its use."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

import structlog

from app.errors import ProviderError

log = structlog.get_logger(__name__)


class Errands:
    """A provider's jobs that nobody waits for; they end with their owner.

    One that fails is no failure of the provider: the request that needs the connection will find out.
    """

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    def begin(self, key: Hashable, job: Callable[[], Awaitable[object]]) -> None:
        """Do it, unless the job of this name is being done."""
        if key in self._tasks:
            return
        task = asyncio.create_task(self._do(job), name=f"{self._provider}-errand")
        self._tasks[key] = task
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def aclose(self) -> None:
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, job: Callable[[], Awaitable[object]]) -> None:
        try:
            await job()
        except ProviderError as error:
            log.warning("provider.errand_failed", provider=self._provider, code=error.code)
