"""What is deleted of calls, and the evidence that it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.records import DeletionReason
from app.errors import StoreError
from app.store.database import Database
from app.store.failures import DATABASE_FAILURES
from app.store.models import CallRow, DeletionRow, UtteranceRow

RETENTION_LOCK = 5_077_235
"""Of PostgreSQL's advisory locks, the one for retention: one process deletes at a time."""
_BATCH_CALLS = 200
_LONGEST_CALL = timedelta(days=1)
"""A call that began before has ended, whatever its row says."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """What one deletion took away: numbers only, nothing that names anybody."""

    deleted_at: datetime
    reason: DeletionReason
    older_than: datetime | None
    """For retention: calls that began before this."""
    calls: int
    utterances: int


class Eraser:
    """Deletes calls with everything of theirs. Every method raises StoreError when the database fails."""

    def __init__(self, database: Database, *, batch_calls: int = _BATCH_CALLS) -> None:
        self._database = database
        self._batch_calls = batch_calls

    async def delete_call(self, call_sid: str) -> bool:
        """Delete one call, live or not; False when there is none."""
        async with self._transaction() as session:
            calls, _ = await _delete(session, [call_sid], DeletionRow(reason=DeletionReason.CALL, older_than=None))
        return calls > 0

    async def delete_caller(self, caller_hash: str, keep: Collection[str]) -> int:
        """Delete the past calls of one caller but those to keep; return how many there were."""
        has_ended = or_(CallRow.ended_at.is_not(None), CallRow.started_at < datetime.now(UTC) - _LONGEST_CALL)
        wanted = (CallRow.caller_hash == caller_hash, has_ended, CallRow.call_sid.not_in(keep))
        evidence = DeletionRow(reason=DeletionReason.CALLER, older_than=None)
        deleted = 0
        while True:
            async with self._transaction() as session:
                call_sids = await self._batch(session, *wanted)
                calls, evidence = await _delete(session, call_sids, evidence)
            deleted += calls
            if len(call_sids) < self._batch_calls:
                return deleted

    async def delete_older(self, older_than: datetime, within_s: float) -> int:
        """Delete the calls that began before that, oldest first, until none is left or the time is up.

        Returns how many there were; none where another process is doing the same (PostgreSQL).
        """
        evidence = DeletionRow(reason=DeletionReason.RETENTION, older_than=older_than)
        clock = asyncio.get_running_loop()
        ends_at = clock.time() + within_s
        deleted = 0
        while clock.time() < ends_at:
            async with self._transaction() as session:
                if not await self._may_delete(session):
                    return deleted
                call_sids = await self._batch(session, CallRow.started_at < older_than)
                calls, evidence = await _delete(session, call_sids, evidence)
            deleted += calls
            if len(call_sids) < self._batch_calls:
                break
        return deleted

    async def deletions(self, limit: int) -> list[Deletion]:
        """Return the evidence, newest first."""
        async with self._transaction() as session:
            rows = await session.scalars(select(DeletionRow).order_by(DeletionRow.id.desc()).limit(limit))
            return [Deletion(row.deleted_at, row.reason, row.older_than, row.calls, row.utterances) for row in rows]

    async def _may_delete(self, session: AsyncSession) -> bool:
        """Take the lock until the transaction's end. SQLite has one writer anyway."""
        if self._database.is_sqlite:
            return True
        return bool(await session.scalar(text(f"SELECT pg_try_advisory_xact_lock({RETENTION_LOCK})")))

    async def _batch(self, session: AsyncSession, *wanted: ColumnElement[bool]) -> Sequence[str]:
        """Return some of the calls, the oldest first."""
        oldest = select(CallRow.call_sid).where(*wanted).order_by(CallRow.started_at).limit(self._batch_calls)
        return (await session.scalars(oldest)).all()

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        try:
            async with self._database.sessions.begin() as session:
                yield session
        except DATABASE_FAILURES as error:
            raise StoreError(f"the database failed: {type(error).__name__}") from None


async def _delete(session: AsyncSession, call_sids: Collection[str], evidence: DeletionRow) -> tuple[int, DeletionRow]:
    """Delete calls and write it down, in one transaction; the evidence of several batches is one row."""
    utterances = await session.scalar(
        select(func.count()).select_from(UtteranceRow).where(UtteranceRow.call_sid.in_(call_sids))
    )
    found = await session.scalars(delete(CallRow).where(CallRow.call_sid.in_(call_sids)).returning(CallRow.call_sid))
    calls = len(found.all())
    if not calls:
        return 0, evidence
    evidence.deleted_at = datetime.now(UTC)
    evidence.calls = (evidence.calls or 0) + calls
    evidence.utterances = (evidence.utterances or 0) + (utterances or 0)
    return calls, await session.merge(evidence)
