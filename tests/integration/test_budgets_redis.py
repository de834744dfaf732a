"""Budgets that several processes spend together, on a real Redis that goes and comes back."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from app.access.budgets import Budget, Budgets
from app.composition import create_app
from app.config import Settings
from bench.cluster.cluster import free_ports, redis_command
from bench.cluster.programs import Program, find
from tests import waiting

PATIENCE_S = 60
until = partial(waiting.until, patience_s=PATIENCE_S)

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
        await until(lambda: is_spent_there(next(strangers)))

    try:
        async with asyncio.timeout(PATIENCE_S):
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


async def test_a_server_that_ends_leaves_no_connection_to_redis(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    program = Program("redis", redis_command(port, tmp_path), tmp_path)
    await program.start()
    url = f"redis://127.0.0.1:{port}/0"
    watcher = Redis.from_url(url)

    async def connections() -> int:
        return len(await watcher.client_list()) - 1

    try:
        application = create_app(
            Settings(
                _env_file=None,
                stt_provider="scripted",
                translation_provider="scripted",
                tts_provider="scripted",
                database_url=SecretStr(f"sqlite:///{tmp_path / 'puente.db'}"),
                journal_dir=tmp_path / "journal",
                redis_url=SecretStr(url),
            )
        )
        async with application.router.lifespan_context(application):
            await until(connections)
            assert await application.state.bridge_state.budgets.spend(Budget.API, "somebody") == 0
            assert await connections() >= 2, "the fleet's and that of the budgets"

        async def are_gone() -> bool:
            return await connections() == 0

        await until(are_gone)
    finally:
        await watcher.aclose()
        await program.stop()
