"""How late the event loop is: what a frame waits before anybody looks at it."""

from __future__ import annotations

import asyncio
import math
from collections import deque

from app.telemetry.metrics import Metrics

INTERVAL_S = 0.1
_WINDOW = 50
"""Five seconds: long enough for one garbage collection to mean nothing, short enough to close before callers suffer."""
_SHARE = 0.9
TIMER_GRAIN_S = 0.001
"""uvloop counts whole milliseconds: it may ring early by a part of one, and a shorter sleep is none."""


class LagWindow:
    """The latest samples, and how late nine of ten of them were at most."""

    def __init__(self) -> None:
        self._late_s: deque[float] = deque(maxlen=_WINDOW)

    def add(self, late_s: float) -> None:
        self._late_s.append(late_s)

    @property
    def recent_ms(self) -> float:
        """Return the lateness that nine of ten moments of the last five seconds did not exceed; 0 at the start."""
        if not self._late_s:
            return 0.0
        ordered = sorted(self._late_s)
        return ordered[math.ceil(_SHARE * len(ordered)) - 1] * 1000


class LoopLag:
    """One sampler for the whole process; its owner runs ``run()`` on the loop that is to be watched."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._window = LagWindow()

    @property
    def recent_ms(self) -> float:
        return self._window.recent_ms

    async def run(self) -> None:
        """Sample until cancelled.

        Every moment that was due counts, those that a stall swallowed as well: a loop that stands still for a second
        would otherwise be late just once.
        """
        loop = asyncio.get_running_loop()
        due_s = loop.time() + INTERVAL_S
        while True:
            await asyncio.sleep(max(due_s - loop.time(), TIMER_GRAIN_S))
            now_s = loop.time()
            while due_s <= now_s:
                self._window.add(now_s - due_s)
                self._metrics.loop_lag_seconds.observe(now_s - due_s)
                due_s += INTERVAL_S
