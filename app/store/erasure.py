"""What is deleted of calls, and the evidence that it was.

Who asks for a deletion gets it for good: a tombstone keeps what comes later, from a journal or a folder of recordings
that was out of reach, from staying. Calls that are too old need none: what comes later of them is too old as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.records import DeletionReason
from app.errors import CallIsLive, StoreError
from app.store.database import Database
from app.store.failures import DATABASE_FAILURES
from app.store.models import CallRow, DeletionRow, TombstoneRow, UtteranceRow
from app.store.tombstones import call_hash, deleted_among

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
    recordings: int


class Eraser:
    """Deletes calls with everything of theirs. Every method raises StoreError when the database fails."""

    def __init__(self, database: Database, *, batch_calls: int = _BATCH_CALLS) -> None:
        self._database = database
        self._batch_calls = batch_calls

    async def delete_call(self, call_sid: str) -> bool:
        """Delete one call for good; False when there is none. Raises CallIsLive while it goes on."""
        async with self._transaction() as session:
            is_live = select(CallRow.call_sid).where(CallRow.call_sid == call_sid, ~_has_ended())
            if await session.scalar(is_live) is not None:
                raise CallIsLive("this call goes on")
            calls, _ = await _delete(session, [call_sid], DeletionRow(reason=DeletionReason.CALL, older_than=None))
        return calls > 0

    async def delete_caller(self, caller_hash: str, keep: Collection[str]) -> int:
        """Delete the past calls of one caller but those to keep; return how many there were."""
        wanted = (CallRow.caller_hash == caller_hash, _has_ended(), CallRow.call_sid.not_in(keep))
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
            return [
                Deletion(row.deleted_at, row.reason, row.older_than, row.calls, row.utterances, row.recordings)
                for row in rows
            ]

    async def deleted_among(self, call_sids: Collection[str]) -> dict[str, int]:
        """Return those of the calls that somebody had deleted, with the number of the deletion."""
        async with self._transaction() as session:
            return await deleted_among(session, call_sids)

    async def count_recordings(self, deletion_id: int, recordings: int) -> None:
        """Note in the evidence of a deletion that recordings are deleted, too."""
        async with self._transaction() as session:
            await session.execute(
                update(DeletionRow)
                .where(DeletionRow.id == deletion_id)
                .values(recordings=DeletionRow.recordings + recordings)
            )

    async def note_old_recordings(self, older_than: datetime, recordings: int) -> None:
        """Write down that recordings of calls that began before that were deleted."""
        async with self._transaction() as session:
            session.add(
                DeletionRow(
                    deleted_at=datetime.now(UTC),
                    reason=DeletionReason.RETENTION,
                    older_than=older_than,
                    calls=0,
                    utterances=0,
                    recordings=recordings,
                )
            )

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


def _has_ended() -> ColumnElement[bool]:
    return or_(CallRow.ended_at.is_not(None), CallRow.started_at < datetime.now(UTC) - _LONGEST_CALL)


async def _delete(session: AsyncSession, call_sids: Collection[str], evidence: DeletionRow) -> tuple[int, DeletionRow]:
    """Delete calls and write it down, in one transaction; the evidence of several batches is one row."""
    utterances = await session.scalar(
        select(func.count()).select_from(UtteranceRow).where(UtteranceRow.call_sid.in_(call_sids))
    )
    found = await session.scalars(delete(CallRow).where(CallRow.call_sid.in_(call_sids)).returning(CallRow.call_sid))
    deleted = found.all()
    if not deleted:
        return 0, evidence
    evidence.deleted_at = datetime.now(UTC)
    evidence.calls = (evidence.calls or 0) + len(deleted)
    evidence.utterances = (evidence.utterances or 0) + (utterances or 0)
    evidence = await session.merge(evidence)
    if evidence.reason is not DeletionReason.RETENTION:
        await session.flush()  # It has its number now.
        session.add_all(TombstoneRow(call_hash=call_hash(sid), deletion_id=evidence.id) for sid in deleted)
    return len(deleted), evidence
