"""How many messages a socket may send: a bucket that fills with time."""

from __future__ import annotations


class MessageBudget:
    """``burst`` messages at once, and ``per_s`` more each second."""

    __slots__ = ("_at_s", "_burst", "_left", "_per_s")

    def __init__(self, burst: int, per_s: float) -> None:
        self._burst = self._left = float(burst)
        self._per_s = per_s
        self._at_s = 0.0

    def take(self, now_s: float) -> bool:
        """Take one; False when none is left. ``now_s`` is on a clock that never goes back."""
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
