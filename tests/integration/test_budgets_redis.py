"""Budgets that several processes spend together, on a real Redis that goes and comes back."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

import pytest

from app.access.budgets import Budget, Budgets
from bench.cluster.cluster import free_ports, redis_command
from bench.cluster.programs import Program, find

pytestmark = pytest.mark.skipif(find("redis-server") is None, reason="needs Redis (`make test` installs it on Debian)")


async def test_processes_count_together_while_there_is_redis(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    redis = Program("redis", redis_command(port, tmp_path), tmp_path)
    await redis.start()
    url = f"redis://127.0.0.1:{port}/0"
    here, there = (Budgets(dict.fromkeys(Budget, 1), url, storage_timeout_s=10.0) for _ in range(2))

    strangers = (f"stranger {number}" for number in count())

    async def is_spent_there(who: str) -> bool:
        await here.spend(Budget.API, who)
        return await there.overdrawn(Budget.API, who) > 0

    async def until_together() -> None:
        while not await is_spent_there(next(strangers)):  # noqa: ASYNC110 - told by Redis, after a pause
            await asyncio.sleep(0.1)

    try:
        async with asyncio.timeout(60):
            await until_together()
            await redis.stop()
            assert not await is_spent_there("alone")
            assert await here.spend(Budget.API, "alone") > 0, "each process counts for itself"
            await redis.start()
            await until_together()
    finally:
        await here.aclose()
        await there.aclose()
        await redis.stop()
