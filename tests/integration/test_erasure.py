"""Deleted calls leave nothing behind but the evidence, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.domain.records import CallEnded, CallStarted, DeletionReason, Fact
from app.errors import CallIsLive, RecordingError, StoreError
from app.recordings.shelf import Shelf
from app.runtime.recording_care import RecordingCare
from app.runtime.retention import Deleted, Retention
from app.store.database import Database
from app.store.erasure import RETENTION_LOCK, Eraser
from app.store.facts import apply_facts
from app.store.models import CallRow, EventRow, LegRow, UsageRow, UtteranceRow
from tests.integration.store_facts import at, whole_call
from tests.unit.recordings.test_shelf import record

PATIENCE_S = 60.0
DAY = timedelta(days=1)


async def write(database: Database, facts: Sequence[Fact]) -> None:
    async with database.sessions.begin() as session:
        await apply_facts(session, facts)


def call_of(call_sid: str, caller_hash: str) -> list[Fact]:
    started, *others = whole_call(call_sid)
    assert isinstance(started, CallStarted)
    return [replace(started, caller_hash=caller_hash), *others]


async def rows(database: Database, call_sid: str) -> list[int]:
    """Return how many rows each table has of a call."""
    async with database.sessions() as session:
        return [
            await session.scalar(select(func.count()).select_from(table).where(table.call_sid == call_sid)) or 0
            for table in (CallRow, LegRow, UtteranceRow, UsageRow, EventRow)
        ]


async def call_sids(database: Database) -> set[str]:
    async with database.sessions() as session:
        return set(await session.scalars(select(CallRow.call_sid)))


async def evidence(eraser: Eraser) -> list[tuple[DeletionReason, datetime | None, int, int]]:
    return [(each.reason, each.older_than, each.calls, each.utterances) for each in await eraser.deletions(10)]


async def test_a_deleted_call_is_gone_from_every_table_and_leaves_evidence(database: Database) -> None:
    await write(database, [*whole_call("CA1"), *whole_call("CA2")])
    before = await rows(database, "CA2")
    eraser = Eraser(database)
    assert await eraser.delete_call("CA1")
    assert not await eraser.delete_call("CA1")
    assert await rows(database, "CA1") == [0] * 5
    assert await rows(database, "CA2") == before
    assert min(before) > 0
    assert await evidence(eraser) == [(DeletionReason.CALL, None, 1, 3)]


@pytest.mark.parametrize("batch_calls", [1, 2, 100])
async def test_calls_that_are_too_old_go_in_batches_and_the_others_stay(database: Database, batch_calls: int) -> None:
    for days in range(5):
        sid = f"CA{days}"
        await write(database, [CallStarted(sid, at(0) - days * DAY, "es")])
    eraser = Eraser(database, batch_calls=batch_calls)
    assert await eraser.delete_older(at(0) - 1.5 * DAY, PATIENCE_S) == 3
    assert await call_sids(database) == {"CA0", "CA1"}
    assert await eraser.delete_older(at(0) - 1.5 * DAY, PATIENCE_S) == 0
    assert await evidence(eraser) == [(DeletionReason.RETENTION, at(0) - 1.5 * DAY, 3, 0)]


async def test_time_that_is_up_ends_a_run(database: Database) -> None:
    await write(database, whole_call("CA1"))
    assert await Eraser(database).delete_older(at(1000), within_s=0) == 0
    assert await call_sids(database) == {"CA1"}


async def test_one_callers_past_calls_go_and_nobody_elses(database: Database) -> None:
    await write(database, [*call_of("CA1", "ada"), *call_of("CA2", "ada"), *call_of("CA3", "bob"), *whole_call("CA4")])
    eraser = Eraser(database, batch_calls=2)
    assert await eraser.delete_caller("ada", keep=["CA2"]) == 1
    assert await call_sids(database) == {"CA2", "CA3", "CA4"}
    assert await eraser.delete_caller("ada", keep=[]) == 1
    assert await eraser.delete_caller("nobody", keep=[]) == 0
    assert [line[0] for line in await evidence(eraser)] == [DeletionReason.CALLER] * 2


async def test_a_call_that_goes_on_elsewhere_is_kept(database: Database) -> None:
    facts = [replace(fact) for fact in call_of("CA1", "ada") if not isinstance(fact, CallEnded)]
    now = datetime.now(at(0).tzinfo)
    await write(database, [CallStarted("CA2", now, "es", caller_hash="ada")])
    await write(database, facts)
    assert await Eraser(database).delete_caller("ada", keep=[]) == 1
    assert await call_sids(database) == {"CA2"}, "CA1 began too long ago to go on"


@pytest.mark.postgres
async def test_only_one_process_deletes_at_a_time(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer anyway")
    await write(database, whole_call("CA1"))
    eraser = Eraser(database)
    async with database.engine.begin() as connection:
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({RETENTION_LOCK})"))
        assert await eraser.delete_older(at(1000), PATIENCE_S) == 0
    assert await eraser.delete_older(at(1000), PATIENCE_S) == 1


async def test_the_job_keeps_what_is_as_young_as_the_setting_says(database: Database, tmp_path: Path) -> None:
    now = datetime.now(at(0).tzinfo)
    await write(database, [CallStarted("CA1", now - 9 * DAY, "es"), CallStarted("CA2", now - 11 * DAY, "es")])
    shelf = Shelf(tmp_path)
    record(shelf, "CA1", now - 9 * DAY)
    record(shelf, "CA2", now - 11 * DAY)
    eraser = Eraser(database)
    care = RecordingCare(shelf, eraser)
    assert await Retention(eraser, care, days=10).delete_old() == Deleted(calls=1, recordings=1)
    assert await call_sids(database) == {"CA1"}
    assert shelf.call_sids() == ["CA1"]
    assert sum(line.recordings for line in await eraser.deletions(10)) == 1
    assert await care.delete_older(now - 10 * DAY) == 0


async def test_recordings_go_with_their_calls_also_those_that_turn_up_later(database: Database, tmp_path: Path) -> None:
    await write(database, [*whole_call("CA1"), *call_of("CA2", "ada"), *whole_call("CA3")])
    here, elsewhere = Shelf(tmp_path / "here"), Shelf(tmp_path / "elsewhere")
    for shelf, call_sid in ((here, "CA1"), (here, "CA3"), (elsewhere, "CA2")):
        record(shelf, call_sid, at(0))
    eraser = Eraser(database)
    assert await eraser.delete_call("CA1")
    assert await eraser.delete_caller("ada", keep=[]) == 1
    assert await RecordingCare(here, eraser).delete_deleted() == 1
    assert (here.call_sids(), elsewhere.call_sids()) == (["CA3"], ["CA2"])
    assert await RecordingCare(elsewhere, eraser).delete_deleted(["CA2", "CA3"]) == 1
    assert await RecordingCare(elsewhere, eraser).delete_deleted() == 0
    assert elsewhere.call_sids() == []
    counted = [(line.reason, line.calls, line.recordings) for line in await eraser.deletions(10)]
    assert counted == [(DeletionReason.CALLER, 1, 1), (DeletionReason.CALL, 1, 1)]


async def test_a_folder_of_recordings_that_fails_is_said(database: Database, tmp_path: Path) -> None:
    eraser = Eraser(database)
    await write(database, whole_call("CA1"))
    await eraser.delete_call("CA1")
    day = tmp_path / "2026-03-01"
    (day / "CA1.recording").mkdir(parents=True)  # Something that cannot be unlinked, whoever we are.
    with pytest.raises(RecordingError, match="RECORDING_DIR"):
        await RecordingCare(Shelf(tmp_path), eraser).delete_deleted()


@pytest.mark.parametrize("told_again", [slice(None), slice(0, 1), slice(12, None)])
async def test_what_a_journal_still_tells_of_a_deleted_call_does_not_bring_it_back(
    database: Database, told_again: slice
) -> None:
    facts = whole_call("CA1")
    await write(database, [*facts, *whole_call("CA2")])
    eraser = Eraser(database)
    assert await eraser.delete_call("CA1")
    await write(database, [*facts[told_again], CallStarted("CA3", at(0), "es")])
    assert await rows(database, "CA1") == [0] * 5
    assert await call_sids(database) == {"CA2", "CA3"}
    assert len(await eraser.deletions(10)) == 1


async def test_a_call_that_goes_on_is_not_deleted(database: Database) -> None:
    await write(database, [CallStarted("CA1", datetime.now(at(0).tzinfo), "es")])
    with pytest.raises(CallIsLive):
        await Eraser(database).delete_call("CA1")
    assert await call_sids(database) == {"CA1"}


async def test_a_database_that_is_away_is_a_store_error(database_url: str) -> None:
    database = Database(database_url)  # not migrated: no tables
    eraser = Eraser(database)
    for answer in (eraser.delete_call("CA1"), eraser.delete_older(at(0), PATIENCE_S), eraser.deletions(1)):
        with pytest.raises(StoreError):
            await answer
    await database.aclose()
