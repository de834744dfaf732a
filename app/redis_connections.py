"""Connections to Redis, as all that use it open them."""

from __future__ import annotations

from typing import Any

from redis.asyncio import ConnectionPool

from app.errors import ConfigError


def redis_connections(url: str, timeout_s: float, **options: Any) -> ConnectionPool:
    """Return a pool, which opens nothing yet. ``timeout_s`` is for connecting only. Raises ConfigError.

    What is asked over it is limited by whoever asks, as a whole, with asyncio.timeout. A ``socket_timeout`` is not set
    for it makes redis-py send through asyncio.wait_for, and that swallows a cancellation which comes as the sending
    ends, on Python before 3.12 (python/cpython#86296): a task that is told to end once would go on for ever.
    """
    try:
        return ConnectionPool.from_url(url, socket_timeout=None, socket_connect_timeout=timeout_s, **options)
    except ValueError:
        # Its text may hold the password.
        raise ConfigError(
            "REDIS_URL: must be redis://host:6379/0, rediss:// for TLS, or unix:///path/to/socket"
        ) from None
