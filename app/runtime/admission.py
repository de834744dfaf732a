"""Whether this process takes another call, and why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.errors import CapacityError, Crowding

_OPENS_BELOW = 0.5
"""Share of the limit: calls that end one after another must not let one in and keep the next one out."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps another call out."""

    reason: Crowding
    text: str
    """Says which setting decides it; never who calls."""


Gate = Callable[[], Obstacle | None]
"""Returns at once; None: this gate is open."""


class Admission:
    """Asks its gates, in their order: a new one is one more function."""

    def __init__(self, *gates: Gate) -> None:
        self._gates = (self._stopping, *gates)
        self._is_stopped = False

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def stop(self) -> None:
        """Take no more calls, for good."""
        self._is_stopped = True

    def obstacles(self) -> list[Obstacle]:
        """Return everything that keeps another call out now."""
        return [obstacle for gate in self._gates if (obstacle := gate()) is not None]

    def check(self) -> None:
        """Raises CapacityError when another call cannot be taken now."""
        for obstacle in self.obstacles():
            raise CapacityError(obstacle.reason, obstacle.text)

    def _stopping(self) -> Obstacle | None:
        return Obstacle(Crowding.STOPPING, "the server is stopping") if self._is_stopped else None


def lines_gate(occupied: Callable[[], int], maximum: int) -> Gate:
    """Return a gate that is closed while there are ``maximum`` calls."""

    def gate() -> Obstacle | None:
        if occupied() < maximum:
            return None
        return Obstacle(Crowding.LINES, f"all {maximum} lines are busy (MAX_CONCURRENT_CALLS)")

    return gate


def local_models_gate(occupied: Callable[[], int], capacity: Callable[[], int | None]) -> Gate:
    """Return a gate that is closed while there are as many calls as this machine can recognise and speak for."""

    def gate() -> Obstacle | None:
        maximum = capacity()
        if maximum is None or occupied() < maximum:
            return None
        return Obstacle(
            Crowding.LOCAL_MODELS,
            f"recognition and voices on this machine carry {maximum} calls at once, as measured at start "
            "(LOCAL_CAPACITY_CALLS)",
        )

    return gate


def lag_gate(lag_ms: Callable[[], float], maximum_ms: int, occupied: Callable[[], int]) -> Gate:
    """Return a gate that closes when the event loop is late, and opens when it is so by less than half the limit.

    It protects the calls that there are: where there is none, it is open, so that no process shuts itself off.
    """
    is_closed = False

    def gate() -> Obstacle | None:
        nonlocal is_closed
        late_ms = lag_ms()
        is_closed = bool(occupied()) and late_ms > (maximum_ms * _OPENS_BELOW if is_closed else maximum_ms)
        if not is_closed:
            return None
        return Obstacle(Crowding.LAG, f"the event loop is {late_ms:.0f} ms late (ADMISSION_MAX_LAG_MS={maximum_ms})")

    return gate
