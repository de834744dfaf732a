"""Session ids that name the worker that makes them."""

from __future__ import annotations

from collections.abc import Callable

from app.config import Settings
from app.fleet.placement import OnRing, Placement, random_id
from app.workers.aim import session_prefix


class ByPrefix:
    """The door reads the worker in the path."""

    is_by_path = True

    def __init__(self, draw: Callable[[], str]) -> None:
        self._draw = draw

    def new_session_id(self) -> str:
        return self._draw()


def create_placement(settings: Settings, worker: int) -> Placement:
    """Return how this worker names its sessions: for its own door, and for nginx's ring where there is one."""

    def draw() -> str:
        return f"{session_prefix(worker)}{random_id()}"

    if settings.fleet_servers:
        return OnRing(settings.fleet_servers, settings.fleet_server, draw)
    return ByPrefix(draw)
