"""What somebody said of late, as it sounded: to be heard as it is where it needs no translation."""

from __future__ import annotations

from collections import deque

from app.domain.audio import FRAME_MS

_KEPT_MS = 30_000
_LEAD_MS = 340
"""Speech is known to have begun this long after it did: the onset, and consonants before it."""


class Originals:
    """One speaker's last half minute. Times are milliseconds on the call's clock."""

    def __init__(self) -> None:
        self._frames: deque[tuple[int, bytes]] = deque(maxlen=_KEPT_MS // FRAME_MS)
        self._is_speaking = False
        self.began_ms = 0
        """When the last utterance began."""
        self.quiet_since_ms: int | None = 0
        """Since when it has been over; None while it goes on."""

    def hear(self, ulaw: bytes, is_speaking: bool, now_ms: int) -> None:
        """Take the next 20 ms, and whether they belong to an utterance."""
        self._frames.append((now_ms, ulaw))
        if is_speaking and not self._is_speaking:
            self.began_ms = now_ms - _LEAD_MS
            self.quiet_since_ms = None
        elif self._is_speaking and not is_speaking:
            self.quiet_since_ms = now_ms
        self._is_speaking = is_speaking

    def between(self, began_ms: int, ended_ms: int) -> bytes:
        """Return what was said then, as far as it is kept."""
        return b"".join(ulaw for at_ms, ulaw in self._frames if began_ms <= at_ms <= ended_ms)
