"""The way from the telephone to the server, and what may go wrong on it."""

from __future__ import annotations

from collections import deque
from random import Random

from app.emulator.script import Faults

FAULT_PERIOD_S = 5.0
"""Stalls and losses come once in so long."""


class Line:
    """Holds messages until they are due; a late one holds up those behind it, as on TCP. Sans-I/O.

    It holds at most what the longest delay (jitter plus stall) lets accumulate. Losses and stalls come in the last part
    of each period, so that a stream begins undisturbed.
    """

    def __init__(self, faults: Faults, random: Random, start_s: float) -> None:
        self._faults = faults
        self._random = random
        self._start_s = start_s
        self._held: deque[tuple[float, str]] = deque()

    def loses(self, now_s: float) -> bool:
        """Say whether audio that is said now gets lost."""
        return self._in_last_part(now_s, self._faults.drop_ms) > 0

    def push(self, message: str, now_s: float) -> None:
        due_s = now_s + self._in_last_part(now_s, self._faults.burst_ms)
        due_s += self._random.uniform(0, self._faults.jitter_ms) / 1000
        self._held.append((due_s, message))

    def due(self, now_s: float) -> list[str]:
        """Return the messages that have arrived by now, in order."""
        arrived: list[str] = []
        while self._held and self._held[0][0] <= now_s:
            arrived.append(self._held.popleft()[1])
        return arrived

    def flush(self) -> list[str]:
        """Return everything that is still on its way."""
        left = [message for _, message in self._held]
        self._held.clear()
        return left

    def _in_last_part(self, now_s: float, part_ms: float) -> float:
        """Return the seconds until the period's end when now is in its last ``part_ms``, else 0."""
        left_s = FAULT_PERIOD_S - (now_s - self._start_s) % FAULT_PERIOD_S
        return left_s if left_s <= part_ms / 1000 else 0.0
