"""How many messages a socket may send: a bucket that is filled again when it is empty."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Message = TypeVar("Message")


class BudgetSpentError(Exception):
    """Somebody sends more than anybody may."""


class MessageBudget:
    """``burst`` messages at once, and ``per_s`` more each second; after a pause up to twice the burst.

    The clock is looked at when the burst is used up, not for every message.
    """

    __slots__ = ("_at_s", "_burst", "_clock_s", "_left", "_per_s")

    def __init__(self, burst: int, per_s: float, clock_s: Callable[[], float] = time.monotonic) -> None:
        """``clock_s`` never goes back."""
        self._burst = self._left = float(burst)
        self._per_s = per_s
        self._clock_s = clock_s
        self._at_s = clock_s()

    def take(self) -> bool:
        """Take one; False when none is left."""
        if self._left < 1.0 and not self._fill():
            return False
        self._left -= 1.0
        return True

    def limit(self, take: Callable[[Message], None]) -> Callable[[Message], None]:
        """Return ``take``, which raises BudgetSpentError instead when none is left."""

        def take_within(message: Message) -> None:
            if self._left < 1.0 and not self._fill():
                raise BudgetSpentError
            self._left -= 1.0
            take(message)

        return take_within

    def _fill(self) -> bool:
        now_s = self._clock_s()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        return self._left >= 1.0
