"""Silence that a listener cannot explain: the other party speaks, and their translation is not there yet."""

from __future__ import annotations

_SILENCE_MS = 2000


class SilenceWatch:
    """One listener's silence."""

    def __init__(self) -> None:
        self._pending_since_ms: int | None = None
        self._due_ms: int | None = None

    def decide(self, is_pending: bool, is_speaking: bool, quiet_since_ms: int, now_ms: int) -> bool:
        """Whether silence is to be covered now.

        ``is_pending``: something was or is being said to this listener of which they heard nothing yet;
        ``is_speaking``: they speak themselves, which explains it.
        """
        if not is_pending:
            self._pending_since_ms = None
        elif self._pending_since_ms is None:
            self._pending_since_ms = now_ms
        if self._pending_since_ms is None or is_speaking:
            self._due_ms = None
            return False
        self._due_ms = max(self._pending_since_ms, quiet_since_ms) + _SILENCE_MS
        return now_ms >= self._due_ms

    def next_due_ms(self, now_ms: int) -> int | None:
        """Return when ``decide`` may decide otherwise, if nothing happens before."""
        return self._due_ms if self._due_ms is not None and self._due_ms > now_ms else None
