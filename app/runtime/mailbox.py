"""The one queue into a call: everything that happens to it, in order, for its one consumer."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from typing import Generic, TypeVar

from app.domain.events import Event, FrameHeard, TimePassed
from app.telemetry.loop_lag import TIMER_GRAIN_S

T = TypeVar("T")

_MAXIMUM_FRAMES = 500
"""Five seconds of both legs. Beyond that the oldest promise, that audio never waits, is kept by dropping frames."""


class Mailbox(Generic[T]):
    """Bounded where it matters: frames are dropped and counted when the call cannot keep up; facts never are.

    Facts are bounded by their sources: a clause has one translation, a leg one end. The consumer is a callback and not
    a task, and its timer is moved only when it has to ring earlier: with a hundred frames a second, both would cost
    more than what is done with the frames.
    """

    __slots__ = ("_delivery", "_events", "_frames", "dropped_frames")

    def __init__(self) -> None:
        self._events: deque[Event] = deque()
        self._frames = 0
        self._delivery: _Delivery[T] | None = None
        self.dropped_frames = 0

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._events)

    def post(self, event: Event) -> None:
        """Queue an event; never blocks. To be called on the event loop's thread."""
        if isinstance(event, FrameHeard) and not self._has_room():
            return
        self._events.append(event)
        if self._delivery is not None:
            self._delivery.wake()

    def post_frame(self, frame: FrameHeard) -> None:
        """Deliver a frame before this returns, unless others wait before it or the consumer is who posts it.

        One more round of the event loop for each frame costs as much as what is done with most of them.
        """
        delivery = self._delivery
        if delivery is not None and not delivery.is_woken and not self._events:
            delivery.context.run(delivery.run, frame)
        else:
            self.post(frame)

    def withdraw(self, is_unwanted: Callable[[Event], bool]) -> None:
        """Take back what waits and is unwanted; the rest stays in its order."""
        self._events = deque(event for event in self._events if not is_unwanted(event))
        self._frames = sum(isinstance(event, FrameHeard) for event in self._events)

    async def deliver(self, handle: Callable[[Event], T | None], next_wake_s: Callable[[], float | None]) -> T:
        """Give ``handle`` every event, in order, until it returns something; return that.

        Never from inside of ``post``, always in the context of whoever asked for the delivery. ``next_wake_s``, asked
        when nothing waits, is the time until which nothing may happen, on the event loop's clock: then comes
        TimePassed; None is what it was before. Raises what ``handle`` raises.
        """
        self._delivery = delivery = _Delivery(self.take, handle, next_wake_s)
        delivery.wake()
        try:
            return await delivery.result
        finally:
            self._delivery = None
            delivery.close()

    def _has_room(self) -> bool:
        if self._frames >= _MAXIMUM_FRAMES:
            self.dropped_frames += 1
            return False
        self._frames += 1
        return True

    def take(self) -> Event | None:
        """Return the next event; None when none waits."""
        if not self._events:
            return None
        event = self._events.popleft()
        if isinstance(event, FrameHeard):
            self._frames -= 1
        return event


class _Delivery(Generic[T]):
    """One consumer, from its beginning to its result."""

    __slots__ = (
        "_handle",
        "_loop",
        "_next_wake_s",
        "_rings_s",
        "_take",
        "_timer",
        "_wakes_s",
        "context",
        "is_woken",
        "result",
    )

    def __init__(
        self,
        take: Callable[[], Event | None],
        handle: Callable[[Event], T | None],
        next_wake_s: Callable[[], float | None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.result: asyncio.Future[T] = self._loop.create_future()
        self._take = take
        self._handle = handle
        self._next_wake_s = next_wake_s
        self.context = copy_context()
        """The consumer's."""
        self.is_woken = False
        """Whether it runs, or will in this round of the loop, or is over."""
        self._timer: asyncio.TimerHandle | None = None
        self._rings_s = 0.0
        self._wakes_s = self._loop.time()

    def wake(self) -> None:
        if not self.is_woken:
            self.is_woken = True
            self._loop.call_soon(self.run, context=self.context)

    def close(self) -> None:
        self.is_woken = True
        if self._timer is not None:
            self._timer.cancel()

    def run(self, event: Event | None = None) -> None:
        """Give this event, and then what waits, until there is a result. To be called in ``context``."""
        self.is_woken = True
        if self.result.done():  # Who waited for it has left.
            return
        if event is None:
            event = self._take()
        while event is not None:
            try:
                result = self._handle(event)
            except Exception as bug:
                # A future takes no StopIteration, and a call must not wait for a result that never comes.
                self.result.set_exception(RuntimeError("StopIteration") if isinstance(bug, StopIteration) else bug)
                return
            if result is not None:
                self.result.set_result(result)
                return
            event = self._take()
        self.is_woken = False
        wakes_s = self._next_wake_s()
        if wakes_s is not None:
            self._wakes_s = wakes_s
            self._set_timer(wakes_s)
        elif self._timer is None:
            self._set_timer(self._wakes_s)

    def _ring(self) -> None:
        self._timer = None
        self.run(TimePassed() if self._loop.time() >= self._wakes_s else None)

    def _set_timer(self, rings_s: float) -> None:
        if self._timer is not None:
            if self._rings_s <= rings_s:
                return
            self._timer.cancel()
        self._rings_s = rings_s
        self._timer = self._loop.call_at(rings_s + TIMER_GRAIN_S, self._ring, context=self.context)
