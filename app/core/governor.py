"""How a listener keeps up with a speaker: what is decided when the translation falls behind.

Lag is measured as the listener suffers it: by what is still to be heard before the clause that was said last. While its
speaker goes on more will come behind that clause too, so what is left of it counts beyond a cushion.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.voice_track import Pace

_SLOWEST = 0.8
_FASTEST = 1.25


@dataclass(frozen=True, slots=True)
class GovernorLimits:
    """What is done from how much lag on, in milliseconds of voice at its own tempo."""

    speeds: tuple[tuple[int, float], ...] = ((200, 1.06), (500, 1.12), (1000, 1.18), (2000, 1.25))
    """From so much lag on, this fast; in rising order."""
    trim_over_ms: int = 1000
    merge_over_ms: int = 1500
    """Neighbouring clauses are one request to the voice: it makes one lead and one tail, and speaks more fluently."""
    shorten_over_ms: int = 2500
    """What says nothing is left out, and translators that can are asked to be brief."""
    drop_over_ms: int = 4000
    """The listener cannot follow any more, once it has lasted: the oldest that waits is dropped."""
    drop_after_ms: int = 15_000
    """How long that lag has to last: a burst is caught up with."""
    relief: float = 0.6
    """A measure ends when the lag is below this part of what began it."""
    cushion_ms: int = 1500
    """What may be left of the last clause while its speaker goes on, without being lag."""
    early_lag_ms: int = 900
    """As how much lag what is left of it counts all the same, at most: a little hurry is hardly heard, and what comes
    next is heard sooner."""
    voice_ahead_ms: int = 2000
    """How much audio is made ahead: what waits as text can still be merged, shortened or dropped."""
    longest_merge_ms: int = 5000


CALM = GovernorLimits(speeds=((400, 1.06), (900, 1.12), (1600, 1.18), (3000, 1.25)), early_lag_ms=0)
"""For clauses that are whole sentences anyway: nothing is gained by hurrying early."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What one listener has still to hear, in milliseconds of voice at its own tempo."""

    ahead_ms: int = 0
    """Before the clause that was said last."""
    last_ms: int = 0
    """Of that clause."""
    is_growing: bool = False
    """Whether its speaker goes on."""


class LagGovernor:
    """One listener's measures. What began ends only once the lag is well below its limit."""

    def __init__(self, limits: GovernorLimits) -> None:
        self.limits = limits
        self._step = 0
        self._trims = False
        self._overloaded_since_ms: int | None = None

    def pace(self, backlog: Backlog, base_tempo: float = 1.0) -> Pace:
        """Return how to shape what is played now, for a listener who wants it at ``base_tempo``."""
        limits = self.limits
        lag_ms = backlog.ahead_ms
        if backlog.is_growing:
            early_ms = min(lag_ms + backlog.last_ms, limits.early_lag_ms)
            lag_ms = max(lag_ms + max(0, backlog.last_ms - limits.cushion_ms), early_ms)
        while self._step < len(limits.speeds) and lag_ms >= limits.speeds[self._step][0]:
            self._step += 1
        while self._step and lag_ms < limits.speeds[self._step - 1][0] * limits.relief:
            self._step -= 1
        self._trims = lag_ms >= limits.trim_over_ms * (limits.relief if self._trims else 1.0)
        catch_up = limits.speeds[self._step - 1][1] if self._step else 1.0
        speed = min(_FASTEST, max(_SLOWEST, catch_up * base_tempo))
        return Pace(speed, self._trims, catch_up)

    def merges(self, backlog: Backlog) -> bool:
        return backlog.ahead_ms >= self.limits.merge_over_ms

    def shortens(self, backlog: Backlog) -> bool:
        return backlog.ahead_ms >= self.limits.shorten_over_ms

    def drops(self, backlog: Backlog, now_ms: int) -> bool:
        """Whether the listener has been so far behind for so long that something has to be dropped now."""
        if backlog.ahead_ms < self.limits.drop_over_ms * self.limits.relief:
            self._overloaded_since_ms = None
        if backlog.ahead_ms < self.limits.drop_over_ms:
            return False
        if self._overloaded_since_ms is None:
            self._overloaded_since_ms = now_ms
        return now_ms - self._overloaded_since_ms >= self.limits.drop_after_ms
