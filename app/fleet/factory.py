"""What the settings say about other processes."""

from __future__ import annotations

from uuid import uuid4

from app.config import Settings
from app.fleet.base import Fleet
from app.fleet.memory import Alone
from app.fleet.placement import Anywhere, OnRing, Placement


def create_placement(settings: Settings) -> Placement:
    """Return how this process names its sessions."""
    if settings.fleet_servers:
        return OnRing(settings.fleet_servers, settings.fleet_server)
    return Anywhere()


def create_fleet(settings: Settings) -> Fleet:
    """Return this process's door to the others. Raises ConfigError."""
    instance_id = uuid4().hex
    url = settings.redis_url.get_secret_value()
    if not url:
        return Alone(instance_id, settings.fleet_max_concurrent_calls)
    # Imported here: one process does not pay for it.
    from app.fleet.redis import RedisFleet

    return RedisFleet(url, instance_id, settings.fleet_max_concurrent_calls, settings.outbound_calls_per_minute)
