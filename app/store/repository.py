"""What the administrators read."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.legs import CallDirection, CallStatus, EndReason, Leg, LegStatus
from app.domain.records import EventHappened, UtteranceRecord
from app.domain.usage import Charge
from app.errors import StoreError
from app.store.database import Database
from app.store.facts import UTTERANCE_FIELDS, charge_of
from app.store.failures import DATABASE_FAILURES
from app.store.models import CallRow, EventRow, LegRow, UsageRow, UtteranceRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(?P<microseconds>\d{1,18})-(?P<call_sid>[A-Za-z0-9_-]{1,64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class CallCursor:
    """Where a page of calls ends; the next page begins with the call before it."""

    started_at: datetime
    call_sid: str

    def __str__(self) -> str:
        """Return the cursor as a word that needs no quoting in a URL."""
        return f"{(self.started_at - _EPOCH) // timedelta(microseconds=1)}-{self.call_sid}"

    @classmethod
    def parse(cls, text: str) -> CallCursor:
        """Return the cursor that ``str()`` wrote. Raises ValueError for anything else."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise ValueError("not a cursor")
        try:
            started_at = _EPOCH + timedelta(microseconds=int(found["microseconds"]))
        except OverflowError:
            raise ValueError("not a cursor") from None
        return cls(started_at=started_at, call_sid=found["call_sid"])


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls are wanted: those that fit everything that is not None."""

    status: CallStatus | None = None
    is_live: bool | None = None
    """True: calls that have not ended; False: those that have."""
    end_reason: EndReason | None = None
    direction: CallDirection | None = None
    client_language: str | None = None
    agent_language: str | None = None
    started_from: datetime | None = None
    """The first moment that counts (aware)."""
    started_before: datetime | None = None
    """The first moment that counts no more (aware)."""

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the filter in SQL."""
        equal = {
            CallRow.status: self.status,
            CallRow.end_reason: self.end_reason,
            CallRow.direction: self.direction,
            CallRow.client_language: self.client_language,
            CallRow.agent_language: self.agent_language,
        }
        found = [column == wanted for column, wanted in equal.items() if wanted is not None]
        if self.is_live is not None:
            found.append(CallRow.ended_at.is_(None) if self.is_live else CallRow.ended_at.is_not(None))
        if self.started_from is not None:
            found.append(CallRow.started_at >= self.started_from)
        if self.started_before is not None:
            found.append(CallRow.started_at < self.started_before)
        return found


_EVERY_CALL = CallFilter()


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One call, as a list of calls shows it. Times are UTC."""

    call_sid: str
    agent_call_sid: str | None
    direction: CallDirection | None
    """None for calls of before it was kept."""
    status: CallStatus
    end_reason: EndReason | None
    agent_language: str | None
    client_language: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    cost: Decimal | None
    """What it costs by list prices, so far; None where a price is not known, or nothing was counted yet."""
    currency: str | None
    utterance_count: int

    @property
    def cursor(self) -> CallCursor:
        """What to ask for the page after the one that this call ends."""
        return CallCursor(started_at=self.started_at, call_sid=self.call_sid)


@dataclass(frozen=True, slots=True)
class LegDetail:
    """One party's telephone. Times are UTC."""

    leg: Leg
    leg_call_sid: str | None
    stream_sid: str | None
    status: LegStatus | None
    started_at: datetime
    """When the leg was first heard of."""
    answered_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CallDetail:
    """One call with all that is known of it."""

    call: CallSummary
    legs: tuple[LegDetail, ...]
    """The client first."""
    utterances: tuple[UtteranceRecord, ...]
    """In the order they were committed."""
    usage: tuple[Charge, ...]
    """What its providers bill, in ``UsageKey.order``."""
    events: tuple[EventHappened, ...]
    """What happened besides speech, in its order."""


_UTTERANCE_COUNT = (
    select(func.count())
    .select_from(UtteranceRow)
    .where(UtteranceRow.call_sid == CallRow.call_sid)
    .correlate(CallRow)
    .scalar_subquery()
)


class Repository:
    """Reads calls. Every method raises StoreError when the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_calls(
        self, limit: int, before: CallCursor | None = None, wanted: CallFilter = _EVERY_CALL
    ) -> list[CallSummary]:
        """Return the latest calls that are wanted, newest first, or those before the cursor."""
        query = (
            select(CallRow, _UTTERANCE_COUNT)
            .where(*wanted.conditions())
            .order_by(CallRow.started_at.desc(), CallRow.call_sid.desc())
        )
        if before is not None:
            query = query.where(
                tuple_(CallRow.started_at, CallRow.call_sid) < tuple_(before.started_at, before.call_sid)
            )
        async with self._session() as session:
            return [_summary(row, count) for row, count in await session.execute(query.limit(limit))]

    async def get_call(self, call_sid: str) -> CallDetail | None:
        """Return one call with its legs and utterances, or None when it is unknown."""
        async with self._session() as session:
            found = (
                await session.execute(select(CallRow, _UTTERANCE_COUNT).where(CallRow.call_sid == call_sid))
            ).one_or_none()
            if found is None:
                return None
            legs = await session.scalars(select(LegRow).where(LegRow.call_sid == call_sid).order_by(LegRow.leg.desc()))
            utterances = await session.scalars(
                select(UtteranceRow).where(UtteranceRow.call_sid == call_sid).order_by(UtteranceRow.sequence)
            )
            usage = await session.scalars(select(UsageRow).where(UsageRow.call_sid == call_sid))
            events = await session.scalars(
                select(EventRow).where(EventRow.call_sid == call_sid).order_by(EventRow.sequence)
            )
            return CallDetail(
                call=_summary(found[0], found[1]),
                legs=tuple(_leg(row) for row in legs),
                utterances=tuple(
                    UtteranceRecord(**{name: getattr(row, name) for name in UTTERANCE_FIELDS}) for row in utterances
                ),
                usage=tuple(sorted(map(charge_of, usage), key=attrgetter("key.order"))),
                events=tuple(EventHappened(row.call_sid, row.sequence, row.at, row.kind, row.detail) for row in events),
            )

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        try:
            async with self._database.sessions() as session:
                yield session
        except DATABASE_FAILURES as error:
            # Neither the text nor the cause: both may show a row.
            raise StoreError(f"the database failed: {type(error).__name__}") from None


def _summary(row: CallRow, utterance_count: int) -> CallSummary:
    return CallSummary(
        call_sid=row.call_sid,
        agent_call_sid=row.agent_call_sid,
        direction=row.direction,
        status=row.status,
        end_reason=row.end_reason,
        agent_language=row.agent_language,
        client_language=row.client_language,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        cost=row.cost,
        currency=row.currency,
        utterance_count=utterance_count,
    )


def _leg(row: LegRow) -> LegDetail:
    return LegDetail(
        leg=row.leg,
        leg_call_sid=row.leg_call_sid,
        stream_sid=row.stream_sid,
        status=row.status,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
    )
