"""How often somebody may do something in a minute, counted here or, for several processes, in Redis."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string

from app.access.storage import BoundedMemory

if TYPE_CHECKING:
    from redis.asyncio import ConnectionPool

log = structlog.get_logger(__name__)

_STORAGE_TIMEOUT_S = 0.25
_RETRY_AFTER_S = 5.0
"""How long a storage that failed is left alone."""
_IPV6_PREFIX = 64
"""What one subscriber has at least: single addresses of it cost nothing."""


class Budget(StrEnum):
    """What is counted, and by whom."""

    ANONYMOUS = "anonymous"
    """Requests that need no key, by address."""
    FAILED_AUTHENTICATION = "failed-authentication"
    """By address."""
    WRONG_SIGNATURE = "wrong-signature"
    """Twilio's entrances, by address; right signatures cost nothing."""
    MEDIA_SOCKET = "media-socket"
    """Signed upgrades, by address."""
    API = "api"
    """Requests with a key or a token, by key."""


class Budgets:
    """Spends budgets. A storage that fails is stood in for by this process's memory, which is said once."""

    def __init__(
        self,
        per_minute: Mapping[Budget, int],
        storage_url: str = "",
        clock_s: Callable[[], float] = time.time,
        storage_timeout_s: float = _STORAGE_TIMEOUT_S,
    ) -> None:
        """``storage_url`` is that of Redis, or blank. Raises ConfigError."""
        self._clock_s = clock_s
        self._storage_timeout_s = storage_timeout_s
        self._limits = {
            budget: RateLimitItemPerMinute(amount, namespace="puente") for budget, amount in per_minute.items()
        }
        self._memory = FixedWindowRateLimiter(BoundedMemory(clock_s=clock_s))
        self._connections: ConnectionPool | None = None
        if storage_url:
            # Imported here: who has no Redis does not wait for its client at start.
            from app.redis_connections import redis_connections

            self._connections = redis_connections(storage_url, storage_timeout_s)
        self._shared = _counted_in(self._connections) if self._connections is not None else None
        self._is_shared = True
        self._shared_again_at_s = 0.0

    async def aclose(self) -> None:
        """Close what is open to Redis."""
        if self._connections is not None:
            await self._connections.aclose()

    async def spend(self, budget: Budget, who: str) -> float:
        """Spend one; return 0, or the seconds to wait where nothing is left."""
        limit = self._limits[budget]

        async def spend(limiter: FixedWindowRateLimiter) -> float:
            return 0.0 if await limiter.hit(limit, budget, who) else await self._wait_s(limiter, limit, budget, who)

        return await self._ask(spend)

    async def overdrawn(self, budget: Budget, who: str) -> float:
        """Return the seconds to wait where nothing is left, else 0; spends nothing."""
        limit = self._limits[budget]

        async def look(limiter: FixedWindowRateLimiter) -> float:
            return 0.0 if await limiter.test(limit, budget, who) else await self._wait_s(limiter, limit, budget, who)

        return await self._ask(look)

    async def _wait_s(self, limiter: FixedWindowRateLimiter, limit: RateLimitItem, *who: str) -> float:
        window = await limiter.get_window_stats(limit, *who)
        return max(1.0, window.reset_time - self._clock_s())

    async def _ask(self, question: Callable[[FixedWindowRateLimiter], Awaitable[float]]) -> float:
        if self._shared is not None and time.monotonic() >= self._shared_again_at_s:
            try:
                async with asyncio.timeout(self._storage_timeout_s):
                    answer = await question(self._shared)
            except (StorageError, TimeoutError) as error:
                self._lose_shared(error)
            else:
                self._find_shared()
                return answer
        return await question(self._memory)

    def _lose_shared(self, error: Exception) -> None:
        self._shared_again_at_s = time.monotonic() + _RETRY_AFTER_S
        if self._is_shared:
            self._is_shared = False
            log.error("budgets.storage_lost", error=type(error).__name__, consequence="limits are per process")

    def _find_shared(self) -> None:
        if not self._is_shared:
            self._is_shared = True
            log.info("budgets.storage_found")


def address_of(client: tuple[str, int] | None) -> str:
    """Return what an address is counted under: itself or, in IPv6, its network of 64 bits."""
    if client is None:
        return "unknown"
    try:
        address = ipaddress.ip_address(client[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
    return str(address)


def _counted_in(connections: ConnectionPool) -> FixedWindowRateLimiter:
    storage = storage_from_string(
        "async+redis://",
        implementation="redispy",
        wrap_exceptions=True,
        connection_pool=connections,  # type: ignore[arg-type]  # documented, but not in its types
    )
    assert isinstance(storage, Storage)
    return FixedWindowRateLimiter(storage)
