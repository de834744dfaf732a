"""Which processes live, and whose calls nobody holds any more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.legs import CallStatus, EndReason, LegStatus
from app.domain.records import EventKind
from app.errors import StoreError
from app.store.database import Database
from app.store.failures import DATABASE_FAILURES
from app.store.models import CallRow, EventRow, InstanceRow, LegRow

_LONGEST_CALL = timedelta(days=1)
"""An open call of a process that never beat is lost after this: Twilio ends every call before."""


@dataclass(frozen=True, slots=True)
class LostCall:
    call_sid: str
    leg_call_sids: tuple[str, ...]
    """Every telephone of the call that is known, the interpreter's too; the client's first."""


class Instances:
    """The processes that write to one database. Every method raises StoreError when the database fails."""

    def __init__(self, database: Database, *, is_alone: bool = False) -> None:
        """``is_alone``: no other process uses this database at the same time."""
        self._database = database
        self._is_alone = is_alone

    async def beat(self, instance_id: str) -> None:
        """Say that this process lives; the first time, forget those that are long dead and hold no open call."""
        async with self._transaction() as session:
            now = await self._now(session)
            row = await session.get(InstanceRow, instance_id)
            if row is None:
                holders = select(CallRow.instance_id).where(
                    CallRow.ended_at.is_(None), CallRow.instance_id.is_not(None)
                )
                await session.execute(
                    delete(InstanceRow).where(
                        InstanceRow.heartbeat_at < now - _LONGEST_CALL, InstanceRow.instance_id.not_in(holders)
                    )
                )
                session.add(InstanceRow(instance_id=instance_id, started_at=now, heartbeat_at=now))
            else:
                row.heartbeat_at = now

    async def lost_calls(self, instance_id: str, lost_after_s: float) -> list[LostCall]:
        """Return the open calls of other processes that did not beat for so long.

        A process that is alone knows that every other one is gone, whenever it beat last.
        """
        async with self._transaction() as session:
            now = await self._now(session)
            calls = list(await session.scalars(select(CallRow).where(self._is_lost(instance_id, now, lost_after_s))))
            if not calls:  # As nearly always.
                return []
            legs = await session.scalars(
                select(LegRow).where(LegRow.call_sid.in_([call.call_sid for call in calls])).order_by(LegRow.leg.desc())
            )
            known: dict[str, list[str | None]] = {call.call_sid: [call.call_sid] for call in calls}
            interpreters = await session.scalars(
                select(EventRow).where(
                    EventRow.call_sid.in_(list(known)), EventRow.kind == EventKind.INTERPRETER_STATUS
                )
            )
            for event in interpreters:
                known[event.call_sid].append(str(event.detail.get("call_sid", "")))
            for leg in legs:
                known[leg.call_sid].append(leg.leg_call_sid)
            for call in calls:
                known[call.call_sid].append(call.agent_call_sid)
        return [LostCall(sid, tuple(dict.fromkeys(each for each in sids if each))) for sid, sids in known.items()]

    async def close(self, call_sids: Collection[str]) -> int:
        """Mark those calls, and their legs, as ended by the loss of their process; return how many were open."""
        async with self._transaction() as session:
            now = await self._now(session)
            closed = await session.execute(
                update(CallRow)
                .where(CallRow.call_sid.in_(call_sids), CallRow.ended_at.is_(None))
                .values(status=CallStatus.FAILED, end_reason=EndReason.PROCESS_LOST, ended_at=now)
                .returning(CallRow.call_sid)
            )
            sids = [row.call_sid for row in closed]
            await session.execute(
                update(LegRow)
                .where(LegRow.call_sid.in_(sids), LegRow.ended_at.is_(None))
                .values(status=LegStatus.COMPLETED, ended_at=now)
            )
        return len(sids)

    def _is_lost(self, instance_id: str, now: datetime, lost_after_s: float) -> ColumnElement[bool]:
        is_anothers = and_(
            CallRow.ended_at.is_(None), or_(CallRow.instance_id.is_(None), CallRow.instance_id != instance_id)
        )
        if self._is_alone:
            return is_anothers
        silent = select(InstanceRow.instance_id).where(InstanceRow.heartbeat_at < now - timedelta(seconds=lost_after_s))
        never_beat = or_(CallRow.instance_id.is_(None), CallRow.instance_id.not_in(select(InstanceRow.instance_id)))
        return and_(
            is_anothers,
            or_(CallRow.instance_id.in_(silent), and_(never_beat, CallRow.started_at < now - _LONGEST_CALL)),
        )

    async def _now(self, session: AsyncSession) -> datetime:
        """Return the time by the one clock that all processes share: the database's, or SQLite's machine's."""
        if self._database.is_sqlite:
            return datetime.now(UTC)
        now = await session.scalar(select(func.clock_timestamp()))
        assert isinstance(now, datetime)
        return now

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        try:
            async with self._database.sessions.begin() as session:
                yield session
        except DATABASE_FAILURES as error:
            raise StoreError(f"the database failed: {type(error).__name__}") from None
