"""A database that comes and goes: the same rows as if it had stayed, whatever failed when."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from app.store.database import Database
from app.store.facts import apply_facts
from app.store.journal import Journal
from app.store.recorder import Recorder
from app.store.repository import CallDetail, Repository
from tests import waiting
from tests.integration.store_facts import SPEECH, said, whole_call
from tests.postgres import PostgresServer

PATIENCE_S = 60
until = partial(waiting.until, patience_s=PATIENCE_S)

ROOM = 10_000_000


class Unreliable:
    """A real database whose transactions fail when they are told to: before they begin, or after they were kept."""

    def __init__(self, database: Database, failures: Iterator[str]) -> None:
        self._database = database
        self._failures = failures
        self.sessions = self

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        failure = next(self._failures, "")
        if failure == "before":
            raise ConnectionRefusedError
        async with self._database.sessions.begin() as session:
            yield session
        if failure == "after":
            raise ConnectionResetError


def quick(database: object, folder: Path, owner: str = "own", **options: int) -> Recorder:
    journal = Journal(folder, owner, max_bytes=options.pop("max_bytes", ROOM))
    return Recorder(database, journal, linger_s=0.001, retry_min_s=0.002, retry_max_s=0.01, **options)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[None]:
    task = asyncio.create_task(recorder.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def flush(recorder: Recorder) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await recorder.flush()


async def rows(database: Database, call_sid: str) -> str:
    found = await Repository(database).get_call(call_sid)
    assert isinstance(found, CallDetail)
    return repr(found).replace(call_sid, "CA")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    failures=st.lists(st.sampled_from(["", "before", "after"]), max_size=12),
    cuts=st.lists(st.sampled_from(["go on", "wait", "restart"]), max_size=6),
    batch_size=st.integers(1, 8),
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
async def test_any_failures_and_restarts_end_in_the_same_rows(
    database: Database, failures: list[str], cuts: list[str], batch_size: int
) -> None:
    straight, interrupted = f"CA{uuid4().hex}", f"CA{uuid4().hex}"
    async with database.sessions.begin() as session:
        await apply_facts(session, whole_call(straight))
    unreliable = Unreliable(database, iter(failures))
    facts = whole_call(interrupted)
    pieces = [facts[begin : begin + 4] for begin in range(0, len(facts), 4)]
    with tempfile.TemporaryDirectory() as folder, capture_logs():
        owners = map(str, itertools.count())
        recorder = quick(unreliable, Path(folder), next(owners), batch_size=batch_size)
        for piece, cut in itertools.zip_longest(pieces, cuts[: len(pieces)], fillvalue="go on"):
            async with running(recorder):
                for fact in piece:
                    assert recorder.record(fact)  # type: ignore[arg-type]
                if cut == "wait":
                    await flush(recorder)
                elif cut == "go on":
                    await asyncio.sleep(0)
            if cut == "restart":
                assert await recorder.aclose() == 0
                recorder = quick(unreliable, Path(folder), next(owners), batch_size=batch_size)
        assert await recorder.aclose() == 0
        recorder = quick(database, Path(folder), next(owners))
        async with running(recorder):
            await until(lambda: recorder.is_caught_up)
        assert await recorder.aclose() == 0
        assert os.listdir(folder) == []
    assert await rows(database, interrupted) == await rows(database, straight)


@pytest.mark.postgres
async def test_a_server_that_stops_and_starts_loses_nothing_and_fills_no_queue(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    database = Database(await postgres_server.create_database())
    await database.migrate()
    # The queue has room for far fewer facts than come while the server is away.
    recorder = quick(database, tmp_path / "journal", capacity=50, batch_size=10)
    numbers = itertools.count(1)
    written = 0
    with capture_logs() as logs:
        async with running(recorder):
            try:
                for _ in range(2):
                    postgres_server.stop()
                    for _ in range(200):
                        await until(lambda: recorder.queued < 50)
                        written = next(numbers)
                        assert recorder.record(said("CA1", written))
                    await until(lambda: not recorder.queued)
                    assert recorder.journal_bytes
                    await asyncio.to_thread(postgres_server.start)
                    await flush(recorder)
            finally:
                await asyncio.to_thread(postgres_server.start)
    assert await recorder.aclose() == 0
    found = await Repository(database).get_call("CA1")
    assert found is not None
    assert [row.sequence for row in found.utterances] == list(range(1, written + 1))
    assert (recorder.dropped_count, recorder.refused_count, recorder.corrupted_count) == (0, 0, 0)
    assert SPEECH not in repr(logs)
    await database.aclose()


async def test_what_finds_no_room_on_disk_waits_in_memory_and_what_finds_none_there_is_counted(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'never-migrated.db'}")
    recorder = quick(database, tmp_path / "journal", capacity=20, max_bytes=5000)
    with capture_logs() as logs:
        async with running(recorder):
            for n in range(1, 201):
                recorder.record(said("CA1", n))
                await asyncio.sleep(0)
            await until(lambda: recorder.journal_bytes > 4000)
            while recorder.queued < 20:
                recorder.record(said("CA1", 1))
                await asyncio.sleep(0)
        assert recorder.dropped_count
        assert await recorder.aclose() == 20
    events = [line["event"] for line in logs]
    assert "recorder.journal_filled" in events
    assert "recorder.queue_filled" in events
    assert 4000 < recorder.journal_bytes <= 5000
    await database.aclose()


async def test_a_folder_that_cannot_be_written_leaves_facts_in_memory(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'late.db'}")
    (tmp_path / "file").write_text("not a folder")
    recorder = quick(database, tmp_path / "file" / "journal")
    with capture_logs() as logs:
        async with running(recorder):
            for fact in whole_call("CA1"):
                recorder.record(fact)
            await until(lambda: recorder.retry_count > 2)
            await database.migrate()
            await flush(recorder)
    assert "recorder.journal_failed" in [line["event"] for line in logs]
    found = await Repository(database).get_call("CA1")
    assert found is not None
    assert found.call.utterance_count == 3
    await database.aclose()
