"""What happens to the cluster, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.cluster.cluster import Cluster
from tests.vendors.line import Line, Trouble

QUIET_SHARE = 0.12
"""Of the time, before the first fault and after the last."""
POSTGRES_DOWN_S, REDIS_DOWN_S, VENDOR_CUT_S, BRIDGE_DOWN_S = 12.0, 15.0, 20.0, 12.0


@dataclass(frozen=True, slots=True)
class Happened:
    what: str
    began_at: datetime
    mended_at: datetime


@dataclass(slots=True)
class Chaos:
    """Lets every fault happen in turn; ``killed`` says when which process died."""

    cluster: Cluster
    vendor: Line
    happened: list[Happened] = field(default_factory=list)
    killed_at: list[datetime] = field(default_factory=list)

    async def run(self, duration_s: float, rounds: int) -> None:
        """Spread so many rounds of the four faults over the time."""
        faults: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("PostgreSQL restarted", self._postgres),
            ("Redis stopped and started", self._redis),
            ("a bridge killed and started", self._bridge),
            ("network to the vendor cut", self._vendor),
        ]
        plan = faults * rounds
        start_s = duration_s * QUIET_SHARE
        gap_s = duration_s * (1 - 2 * QUIET_SHARE) / max(1, len(plan))
        clock = asyncio.get_running_loop()
        began_s = clock.time()
        for number, (what, fault) in enumerate(plan):
            await asyncio.sleep(max(0.0, began_s + start_s + number * gap_s - clock.time()))
            at = datetime.now(UTC)
            print(f"{at:%H:%M:%S}  {what}", flush=True)
            await fault()
            self.happened.append(Happened(what, at, datetime.now(UTC)))

    async def _postgres(self) -> None:
        await asyncio.to_thread(self.cluster.postgres.stop)
        await asyncio.sleep(POSTGRES_DOWN_S)
        await asyncio.to_thread(self.cluster.postgres.start)

    async def _redis(self) -> None:
        await self.cluster.redis.stop()
        await asyncio.sleep(REDIS_DOWN_S)
        await self.cluster.redis.start()

    async def _bridge(self) -> None:
        bridge = self.cluster.bridges[len(self.killed_at) % len(self.cluster.bridges)]
        self.killed_at.append(datetime.now(UTC))
        await bridge.program.kill()
        await asyncio.sleep(BRIDGE_DOWN_S)
        await bridge.start()

    async def _vendor(self) -> None:
        self.vendor.trouble = Trouble.CUT
        await asyncio.sleep(VENDOR_CUT_S)
        self.vendor.trouble = None
