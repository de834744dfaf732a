"""What a leg hears beside the voice: a party as they speak, arriving in real time, and tones that fill silence."""

from __future__ import annotations

from app.domain.audio import BYTES_PER_MS

_MAXIMUM_BYTES = 600 * BYTES_PER_MS


class SideTrack:
    """Sound that arrives as it is made. A little of it is kept back, so that an uneven line leaves no holes.

    Bounded: what nobody takes is forgotten, the oldest first, and counted.
    """

    def __init__(self, prime_ms: int) -> None:
        self._prime_bytes = prime_ms * BYTES_PER_MS
        self._waiting = bytearray()
        self._is_flowing = False
        self._dropped_bytes = 0

    def settle(self) -> int:
        """Return how many milliseconds were forgotten since last asked."""
        dropped_ms, self._dropped_bytes = self._dropped_bytes // BYTES_PER_MS, 0
        return dropped_ms

    def push(self, ulaw: bytes) -> None:
        self._waiting += ulaw
        excess = len(self._waiting) - _MAXIMUM_BYTES
        if excess > 0:
            del self._waiting[:excess]
            self._dropped_bytes += excess

    def has_enough(self, is_dry: bool) -> bool:
        """Whether it can be played alone; ``is_dry`` when the loudspeaker has nothing left to play."""
        return len(self._waiting) >= (max(1, self._prime_bytes) if is_dry else 1)

    def take_alone(self, count: int) -> bytes:
        """Return what there is, up to ``count`` bytes."""
        self._is_flowing = True
        return self._pop(count)

    def take_under(self, count: int) -> bytes:
        """Return ``count`` bytes for a sound of that length; fewer when it runs dry, none until it has enough again."""
        if not self._is_flowing and len(self._waiting) < count + self._prime_bytes:
            return b""
        self._is_flowing = len(self._waiting) >= count
        return self._pop(count)

    def _pop(self, count: int) -> bytes:
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        return taken


class ToneLoop:
    """One cycle of a tone, again and again; without a cycle, nothing."""

    def __init__(self, cycle: bytes = b"") -> None:
        self._cycle = cycle
        self._at = 0

    def __bool__(self) -> bool:
        return bool(self._cycle)

    def take(self, count: int) -> bytes:
        """Return the next piece: ``count`` bytes, or fewer where the cycle ends."""
        piece = self._cycle[self._at : self._at + count]
        self._at = (self._at + len(piece)) % len(self._cycle)
        return piece
