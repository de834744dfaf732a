"""Deleted calls leave nothing behind but the evidence, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from app.domain.records import CallEnded, CallStarted, DeletionReason, Fact
from app.errors import StoreError
from app.runtime.retention import Retention
from app.store.database import Database
from app.store.erasure import RETENTION_LOCK, Eraser
from app.store.facts import apply_facts
from app.store.models import CallRow, EventRow, LegRow, UsageRow, UtteranceRow
from tests.integration.store_facts import at, whole_call

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


async def test_the_job_keeps_what_is_as_young_as_the_setting_says(database: Database) -> None:
    now = datetime.now(at(0).tzinfo)
    await write(database, [CallStarted("CA1", now - 9 * DAY, "es"), CallStarted("CA2", now - 11 * DAY, "es")])
    assert await Retention(Eraser(database), days=10).delete_old() == 1
    assert await call_sids(database) == {"CA1"}


async def test_a_database_that_is_away_is_a_store_error(database_url: str) -> None:
    database = Database(database_url)  # not migrated: no tables
    eraser = Eraser(database)
    for answer in (eraser.delete_call("CA1"), eraser.delete_older(at(0), PATIENCE_S), eraser.deletions(1)):
        with pytest.raises(StoreError):
            await answer
    await database.aclose()
