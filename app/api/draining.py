"""Signals under somebody else's uvicorn: `uvicorn app.main:app` closes every socket as soon as one comes.

So the first one is kept from it until the calls are over. `python -m app serve` has a server of its own that knows.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import FrameType

import structlog
import uvicorn

log = structlog.get_logger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_Handler = Callable[[int, FrameType | None], object]


@asynccontextmanager
async def calls_end_first(drain: Callable[[], Coroutine[None, None, None]]) -> AsyncIterator[None]:
    """Let ``drain`` come to its end before uvicorn hears of the first signal; it hears of a second one at once.

    To be entered while the application starts: uvicorn has set its handlers by then, and puts back what was there
    before them when it ends. Does nothing where signals are handled by anybody else.
    """
    relay = _Relay(drain)
    relay.stand_in_between()
    try:
        yield
    finally:
        await relay.settle()


class _Relay:
    def __init__(self, drain: Callable[[], Coroutine[None, None, None]]) -> None:
        self._drain = drain
        self._loop = asyncio.get_running_loop()
        self._servers: dict[int, _Handler] = {}
        """What uvicorn would do about each signal."""
        self._has_begun = False
        self._draining: asyncio.Task[None] | None = None

    def stand_in_between(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if callable(handler) and getattr(handler, "__func__", None) is uvicorn.Server.handle_exit:
                self._servers[number] = handler
                signal.signal(number, self._take)

    async def settle(self) -> None:
        """The server is at its end: whoever still waits for calls waits in vain."""
        if self._draining is not None:
            self._draining.cancel()
            await asyncio.gather(self._draining, return_exceptions=True)

    def _take(self, number: int, frame: FrameType | None) -> None:
        if self._has_begun:
            self._servers[number](number, frame)
        else:
            self._has_begun = True
            self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        self._draining = asyncio.create_task(self._drain_and_tell(number), name="drain")

    async def _drain_and_tell(self, number: int) -> None:
        try:
            await self._drain()
        except Exception:
            log.exception("server.not_drained")
        self._servers[number](number, None)
