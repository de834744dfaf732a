"""Live captions: everything that is told of a call, to whoever watches it."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

from app.telemetry.call_events import (
    CallEndedEvent,
    CallEvent,
    CallStartedEvent,
    CallStatusEvent,
    PartialCaption,
    encode,
)
from app.telemetry.metrics import Metrics

_MAXIMUM_WAITING = 200
_MAXIMUM_WATCHERS = 1000
_MAXIMUM_WATCHERS_OF_A_CALL = 20


class Subscription:
    """One watcher's bounded queue of JSON messages; iterate over it until the call ends.

    A newer partial caption replaces the one of the same speaker that still waits. A watcher who is too slow for the
    rest is cut off: ``is_too_slow``. A context manager: leaving it unsubscribes.
    """

    def __init__(self, captions: Captions, call_sid: str) -> None:
        self.call_sid = call_sid
        self.is_too_slow = False
        self._captions = captions
        self._waiting: deque[CallEvent] = deque()
        self._is_closed = False
        self._changed = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        self._captions.unsubscribe(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        while not self._waiting and not self._is_closed:
            self._changed.clear()
            await self._changed.wait()
        if not self._waiting:
            raise StopAsyncIteration
        return encode(self._waiting.popleft())

    def put(self, event: CallEvent) -> bool:
        """Queue an event; False when the watcher is too slow and gets nothing any more."""
        if isinstance(event, PartialCaption):
            self._forget_partial(event)
        if len(self._waiting) >= _MAXIMUM_WAITING:
            self.is_too_slow = True
            self._waiting.clear()
            self.close()
            return False
        self._waiting.append(event)
        self._changed.set()
        return True

    def close(self) -> None:
        """Nothing more comes; what waits may still be taken."""
        self._is_closed = True
        self._changed.set()

    def _forget_partial(self, newer: PartialCaption) -> None:
        for waiting in self._waiting:
            if isinstance(waiting, PartialCaption) and waiting.speaker is newer.speaker:
                self._waiting.remove(waiting)
                return


class Captions:
    """A sink of call events for watchers."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._latest: dict[str, CallStartedEvent | CallStatusEvent] = {}
        """Where each live call stands: what a watcher is told first."""
        self._watchers: dict[str, list[Subscription]] = {}

    def subscribe(self, call_sid: str) -> Subscription | None:
        """Watch a live call; None when there is none with this CallSid of a client."""
        latest = self._latest.get(call_sid)
        if latest is None:
            return None
        subscription = self.subscribe_ahead(call_sid)
        subscription.put(latest)
        return subscription

    def subscribe_ahead(self, call_sid: str) -> Subscription:
        """Watch a call whose events are about to come from elsewhere."""
        subscription = Subscription(self, call_sid)
        self._watchers.setdefault(call_sid, []).append(subscription)
        self._metrics.caption_watchers.inc()
        return subscription

    def is_crowded(self, call_sid: str) -> bool:
        """Whether so many watch this call, or all calls, that nobody else may."""
        everybody = sum(map(len, self._watchers.values()))
        return everybody >= _MAXIMUM_WATCHERS or len(self._watchers.get(call_sid, ())) >= _MAXIMUM_WATCHERS_OF_A_CALL

    def is_watched(self, call_sid: str) -> bool:
        return call_sid in self._watchers

    def forget(self, call_sid: str) -> None:
        """Nothing more will be known of a call; its watchers get what waits for them."""
        self._latest.pop(call_sid, None)
        for watcher in list(self._watchers.get(call_sid, ())):
            watcher.close()
            self.unsubscribe(watcher)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Forget a watcher. Idempotent."""
        watchers = self._watchers.get(subscription.call_sid, [])
        if subscription in watchers:
            watchers.remove(subscription)
            self._metrics.caption_watchers.dec()
        if not watchers:
            self._watchers.pop(subscription.call_sid, None)

    def take(self, event: CallEvent) -> None:
        if isinstance(event, CallStartedEvent | CallStatusEvent):
            self._latest[event.call_sid] = event
        for watcher in list(self._watchers.get(event.call_sid, ())):
            if not watcher.put(event):
                self._metrics.slow_caption_watchers.inc()
                self.unsubscribe(watcher)
        if isinstance(event, CallEndedEvent):
            self.forget(event.call_sid)
