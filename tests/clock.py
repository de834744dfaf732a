"""Time that passes when a test says so."""

from __future__ import annotations


class Clock:
    """Seconds of a clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s
