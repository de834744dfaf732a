"""The 20 ms grid on which a telephone speaks."""

from __future__ import annotations

from app.domain.audio import FRAME_MS

FRAME_S = FRAME_MS / 1000


class FrameClock:
    """Says how many frames are due; sans-I/O.

    Instants are counted from the start (``start_s + n * 20 ms``), never from the frame before, so lateness does not
    add up: a clock that is asked late answers with every frame that was missed.
    """

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._taken = 0

    @property
    def next_at_s(self) -> float:
        """When the next frame is due."""
        return self._start_s + self._taken * FRAME_S

    def take(self, now_s: float) -> list[float]:
        """Return the instants of the frames that have become due, oldest first; each is handed out once."""
        due: list[float] = []
        while self.next_at_s <= now_s:
            due.append(self.next_at_s)
            self._taken += 1
        return due
