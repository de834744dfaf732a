"""Calls on a real PostgreSQL that stops and starts in the middle of them: nobody hears it, and no row is lost."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.domain.legs import EndReason
from app.emulator.script import AtTime, Turn
from tests.e2e.harness import Desk, desk, script
from tests.e2e.sounds import babble
from tests.postgres import PostgresServer

SPEECH = babble(1.2)
PATIENCE_S = 60

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]


async def waiting_bytes(at: Desk) -> int:
    lines = (await at.http.get("/metrics")).text.splitlines()
    (line,) = [line for line in lines if line.startswith("puente_recorder_journal_bytes ")]
    return int(float(line.split()[1]))


async def test_a_server_that_stops_and_starts_in_the_middle_of_calls_loses_no_row(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = await postgres_server.create_database()
    turns = tuple(Turn(f"q{n}", AtTime(1.0 + 4 * n), say=SPEECH) for n in range(4))
    try:
        async with desk(tmp_path, database_url=SecretStr(url), agent_ring_timeout_s=60) as at:
            calls = [asyncio.create_task(at.emulator.call(script(client=turns, max_duration_s=90))) for _ in range(3)]
            async with asyncio.timeout(PATIENCE_S):
                while (await at.http.get("/health")).json()["live_calls"] < 3:  # noqa: ASYNC110 - told over HTTP
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(postgres_server.stop)
                while not await waiting_bytes(at):  # noqa: ASYNC110 - told over HTTP
                    await asyncio.sleep(0.05)
                await asyncio.to_thread(postgres_server.start)
            reports = await asyncio.gather(*calls)
            rows = await at.settled_calls()
            assert await waiting_bytes(at) == 0
        assert os.listdir(tmp_path / "journal") == []
    finally:
        await asyncio.to_thread(postgres_server.start)
    assert len(rows) == 3
    assert {row.call_sid for row in rows} == {report.client.call_sid for report in reports}
    for row in rows:
        assert row.end_reason is EndReason.CLIENT_HUNG_UP
        assert len(row.utterances) >= len(turns)
        assert [utterance.sequence for utterance in row.utterances] == list(range(1, len(row.utterances) + 1))
        assert [event.sequence for event in row.events] == list(range(1, len(row.events) + 1))
        assert row.events[-1].kind == "call.ended"
    assert all(report.agent.heard_s > 2 for report in reports)
