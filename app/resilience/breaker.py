"""A circuit breaker: a provider that keeps failing is left alone for a while (M. Nygard, "Release It!", 2007)."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

FAILURES_TO_OPEN = 3
COOL_DOWN_S = 15.0
LONGEST_REST_S = 60.0
"""What a vendor may ask for: it is better asked in vain now and then than forgotten for a day."""
SHUNNED_S = 5.0
"""How long others are preferred to one that kept somebody waiting: an error costs no time, silence does."""


class BreakerState(StrEnum):
    CLOSED = "closed"
    """The provider is used."""
    OPEN = "open"
    """It is not."""
    HALF_OPEN = "half-open"
    """The next request finds out whether it is back."""


class CircuitBreaker:
    """One provider of one stage. Several failures in a row open it; after the cool-down one attempt decides.

    One that asks to be left alone for a while is left alone at once, and for as long as it asked.

    No first result in time counts as a failure, and so does an error after a connection was up: callers say so.
    """

    def __init__(
        self,
        provider: str,
        failures_to_open: int = FAILURES_TO_OPEN,
        cool_down_s: float = COOL_DOWN_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider = provider
        self.successes = 0
        self.failures = 0
        """Since the start, both."""
        self._failures_to_open = failures_to_open
        self._cool_down_s = cool_down_s
        self._clock = clock
        self._failures_in_a_row = 0
        self._opened_at_s: float | None = None
        self._rests_until_s: float | None = None
        self._shunned_at_s: float | None = None
        self._succeeded_at_s: float | None = None

    @property
    def is_shunned(self) -> bool:
        """Whether it kept somebody waiting a moment ago, so that another one should be asked first."""
        return self._was_a_moment_ago(self._shunned_at_s)

    @property
    def state(self) -> BreakerState:
        now_s = self._clock()
        if self._rests_until_s is not None and now_s < self._rests_until_s:
            return BreakerState.OPEN
        if self._opened_at_s is None:
            return BreakerState.CLOSED
        is_cool = now_s - self._opened_at_s >= self._cool_down_s
        return BreakerState.HALF_OPEN if is_cool else BreakerState.OPEN

    def permits(self) -> bool:
        """Return whether to try now; half open, whoever tries first decides."""
        return self.state is not BreakerState.OPEN

    def succeeded(self) -> None:
        self.successes += 1
        self._failures_in_a_row = 0
        self._opened_at_s = None
        self._rests_until_s = None
        self._shunned_at_s = None
        self._succeeded_at_s = self._clock()

    def heard_to_fail(self) -> None:
        """Another process leaves it alone: others are asked first, unless it has just worked here.

        Hearsay never opens the circuit: it may be that process whose network is broken.
        """
        if not self._was_a_moment_ago(self._succeeded_at_s):
            self._shunned_at_s = self._clock()

    def failed(self, *, was_late: bool = False, retry_after_s: float = 0.0) -> None:
        """Count a failure; ``retry_after_s`` is how long the provider wants to be left alone."""
        self.failures += 1
        if retry_after_s:
            self._rests_until_s = self._clock() + min(retry_after_s, LONGEST_REST_S)
        if was_late:
            self._shunned_at_s = self._clock()
        self._failures_in_a_row += 1
        if self._opened_at_s is not None or self._failures_in_a_row >= self._failures_to_open:
            self._opened_at_s = self._clock()

    def _was_a_moment_ago(self, at_s: float | None) -> bool:
        return at_s is not None and self._clock() - at_s < SHUNNED_S
