"""Where budgets are counted: this process's memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from limits.aio.storage import Storage

MAXIMUM_COUNTERS = 50_000
"""Some 10 MB. Beyond, the oldest counter is dropped: its holder starts anew, nobody else notices."""


@dataclass(slots=True)
class _Counter:
    count: int
    expires_at_s: float


class BoundedMemory(Storage):
    """Counters of fixed windows.

    The library's own memory storage looks at every counter on every hit (0.1 µs each) and has no bound: addresses are
    free to whoever has an IPv6 network. Here a hit costs the same however many there are.
    """

    STORAGE_SCHEME = ["bounded-memory"]  # noqa: RUF012 - the library's declaration

    def __init__(self, maximum: int = MAXIMUM_COUNTERS, clock_s: Callable[[], float] = time.time) -> None:
        """``clock_s`` tells seconds since 1970, as the library does."""
        super().__init__(None)
        self._clock_s = clock_s
        self._maximum = maximum
        self._counters: OrderedDict[str, _Counter] = OrderedDict()

    def __len__(self) -> int:
        return len(self._counters)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        counter = self._live(key)
        if counter is None:
            self._make_room()
            counter = self._counters[key] = _Counter(0, self._clock_s() + expiry)
        counter.count += amount
        return counter.count

    async def get(self, key: str) -> int:
        counter = self._live(key)
        return 0 if counter is None else counter.count

    async def get_expiry(self, key: str) -> float:
        counter = self._live(key)
        return self._clock_s() if counter is None else counter.expires_at_s

    async def check(self) -> bool:
        return True

    async def reset(self) -> int | None:
        count = len(self._counters)
        self._counters.clear()
        return count

    async def clear(self, key: str) -> None:
        self._counters.pop(key, None)

    def _make_room(self) -> None:
        """Drop the oldest where there are too many, or where they are over: all windows are equally long."""
        now_s = self._clock_s()
        while self._counters:
            oldest = next(iter(self._counters.values()))
            if len(self._counters) < self._maximum and oldest.expires_at_s > now_s:
                return
            self._counters.popitem(last=False)

    def _live(self, key: str) -> _Counter | None:
        counter = self._counters.get(key)
        if counter is not None and counter.expires_at_s <= self._clock_s():
            del self._counters[key]
            return None
        return counter
