"""What lies at the carrier: sent to one leg and, by our reckoning, not yet played."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import ceil

from app.domain.audio import BYTES_PER_MS

_HESITATION_MS = 200
"""A shorter gap is no pause: the sound of a voice that is sent as it comes may be late."""


@dataclass(frozen=True, slots=True)
class _Part:
    """Voice of one clause; times are the call's clock."""

    clause: int
    begins_ms: float
    ends_ms: float


class CarrierBuffer:
    """The carrier plays in order, without a pause, from the moment at which something reaches it."""

    __slots__ = ("_heard_until_ms", "_parts", "_played_until_ms", "_sent_ms", "_voice_since_ms", "_voice_until_ms")

    def __init__(self) -> None:
        self._played_until_ms = 0.0
        self._heard_until_ms = 0.0
        """Like ``_played_until_ms``, comfort left out."""
        self._voice_until_ms = 0.0
        self._voice_since_ms = 0
        self._parts: deque[_Part] = deque()
        self._sent_ms: dict[int, float] = {}
        """How much was sent of each clause that may still be cut."""

    def open(self, now_ms: int) -> None:
        self._played_until_ms = self._heard_until_ms = float(now_ms)

    @property
    def played_until_ms(self) -> int:
        """When the carrier will have played everything."""
        return ceil(self._played_until_ms)

    @property
    def heard_until_ms(self) -> int:
        """When the last sound ends or ended that was not comfort."""
        return ceil(self._heard_until_ms)

    @property
    def has_comfort_last(self) -> bool:
        return self._played_until_ms > self._heard_until_ms

    def lead_ms(self, now_ms: int) -> float:
        """Return how much is still to be played."""
        return max(0.0, self._played_until_ms - now_ms)

    def voice_lead_ms(self, now_ms: int) -> int:
        """Return how much of that ends with voice."""
        return max(0, round(self._voice_until_ms) - now_ms)

    def voice_since_ms(self, now_ms: int) -> int | None:
        """Return when the voice that is heard now began, without a pause since; None while there is none."""
        return self._voice_since_ms if self._voice_until_ms > now_ms else None

    def clause_at(self, now_ms: int) -> int | None:
        """Return the clause that is being heard."""
        for part in self._parts:
            if part.begins_ms <= now_ms < part.ends_ms:
                return part.clause
        return None

    def has_voice_of(self, clause: int) -> bool:
        """Whether something of this clause was sent and the clause is not over."""
        return clause in self._sent_ms

    def send(self, ulaw: bytes, now_ms: int, *, clause: int | None = None, is_comfort: bool = False) -> None:
        """Take note of audio that is sent now."""
        begins_ms = max(self._played_until_ms, float(now_ms))
        ends_ms = self._played_until_ms = begins_ms + len(ulaw) / BYTES_PER_MS
        if not is_comfort:
            self._heard_until_ms = ends_ms
        if clause is not None:
            if now_ms >= self._voice_until_ms + _HESITATION_MS:
                self._voice_since_ms = ceil(begins_ms)
            self._voice_until_ms = ends_ms
            self._parts.append(_Part(clause, begins_ms, ends_ms))
            self._sent_ms[clause] = self._sent_ms.get(clause, 0.0) + ends_ms - begins_ms

    def forget_played(self, now_ms: int, unfinished: tuple[int, ...]) -> None:
        """Drop what is over; the ``unfinished`` clauses have more to come."""
        while self._parts and self._parts[0].ends_ms <= now_ms:
            self._parts.popleft()
        if self._sent_ms:
            kept = {part.clause for part in self._parts}.union(unfinished)
            self._sent_ms = {clause: sent_ms for clause, sent_ms in self._sent_ms.items() if clause in kept}

    def clear(self, now_ms: int) -> dict[int, int]:
        """Forget what was not played; return how many milliseconds were heard of each clause that was not over."""
        heard_ms = dict(self._sent_ms)
        for part in self._parts:
            heard_ms[part.clause] -= max(0.0, part.ends_ms - max(part.begins_ms, now_ms))
        self.rewind(now_ms)
        self._voice_until_ms = min(self._voice_until_ms, float(now_ms))
        self._parts.clear()
        self._sent_ms.clear()
        return {clause: round(milliseconds) for clause, milliseconds in heard_ms.items()}

    def rewind(self, now_ms: int) -> None:
        """Forget what was not played, where that is no voice."""
        self._played_until_ms = float(now_ms)
        self._heard_until_ms = min(self._heard_until_ms, float(now_ms))
