"""How facts become rows: the same rows whatever order the facts arrive in, and however often.

Times take the earliest value and states the furthest, so that order does not matter. Where two facts give one field
different values (the client's language, guessed and then detected) the later one wins: a recorder keeps their order.
Usage is told in totals, which only grow: the largest one stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import assert_never

from sqlalchemy import BindParameter, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.records import (
    CallChanged,
    CallEnded,
    CallStarted,
    EventHappened,
    Fact,
    LegChanged,
    UsageCounted,
    UtteranceFinished,
    UtteranceRecord,
)
from app.domain.usage import Charge, Price, UsageKey, total_cost
from app.store.models import CallRow, EventRow, LegRow, UsageRow, UtteranceRow, as_utc
from app.store.tombstones import deleted_among

UTTERANCE_FIELDS = tuple(field.name for field in fields(UtteranceRecord))

_CALL_PROGRESS = (
    CallStatus.WAITING,
    CallStatus.RINGING,
    CallStatus.IN_PROGRESS,
    CallStatus.COMPLETED,
    CallStatus.FAILED,
)
_LEG_PROGRESS = (
    LegStatus.QUEUED,
    LegStatus.INITIATED,
    LegStatus.RINGING,
    LegStatus.IN_PROGRESS,
    LegStatus.COMPLETED,
    LegStatus.CANCELED,
    LegStatus.BUSY,
    LegStatus.NO_ANSWER,
    LegStatus.FAILED,
)

# Made once: to make them takes SQLAlchemy as long as to read a few rows.
_SIDS: BindParameter[str] = bindparam("sids", expanding=True)
_KEYS: BindParameter[tuple[str, int]] = bindparam("keys", expanding=True)
_CALLS = select(CallRow).where(CallRow.call_sid.in_(_SIDS)).order_by(CallRow.call_sid).with_for_update()
"""Locked (PostgreSQL), and in one order, so that two writers cannot wait for each other."""
_LEGS = select(LegRow).where(LegRow.call_sid.in_(_SIDS))
_UTTERANCES = select(UtteranceRow).where(tuple_(UtteranceRow.call_sid, UtteranceRow.sequence).in_(_KEYS))
_USAGE = select(UsageRow).where(UsageRow.call_sid.in_(_SIDS))
_EVENTS = select(EventRow).where(tuple_(EventRow.call_sid, EventRow.sequence).in_(_KEYS))


async def apply_facts(session: AsyncSession, facts: Sequence[Fact]) -> None:
    """Write the facts into the session's transaction; a row that is missing is made, whichever fact comes first.

    Those of calls that were deleted are dropped.
    """
    calls, legs, utterances = await _load(session, facts)
    # After the calls are locked: a deletion is seen here, or waits until this is written.
    gone = await deleted_among(session, {fact.call_sid for fact in facts} - calls.keys())
    facts = [fact for fact in facts if fact.call_sid not in gone]
    usage = await _load_usage(session, facts)
    events = await _load_events(session, facts)
    for fact in facts:
        call = calls.get(fact.call_sid)
        if call is None:
            call = calls[fact.call_sid] = CallRow(
                call_sid=fact.call_sid, status=CallStatus.WAITING, started_at=datetime.now(UTC)
            )
        match fact:
            case CallStarted() | CallChanged() | CallEnded():
                _apply_to_call(call, fact)
            case LegChanged():
                call.started_at = _earlier(call.started_at, fact.at)
                leg = legs.setdefault((fact.call_sid, fact.leg), LegRow(call_sid=fact.call_sid, leg=fact.leg))
                _apply_to_leg(leg, fact)
            case UtteranceFinished(utterance=record):
                call.started_at = _earlier(call.started_at, record.started_at)
                key = (fact.call_sid, record.sequence)
                row = utterances.setdefault(key, UtteranceRow(call_sid=fact.call_sid))
                for name in UTTERANCE_FIELDS:
                    setattr(row, name, getattr(record, name))
            case UsageCounted():
                rows = usage.setdefault(fact.call_sid, {})
                for charge in fact.charges:
                    _apply_charge(rows.setdefault(charge.key, _new_usage(fact.call_sid, charge.key)), charge)
                call.cost, call.currency = total_cost(map(charge_of, rows.values())), fact.currency
            case EventHappened():
                call.started_at = _earlier(call.started_at, fact.at)
                event = events.setdefault(
                    (fact.call_sid, fact.sequence), EventRow(call_sid=fact.call_sid, sequence=fact.sequence)
                )
                event.at, event.kind, event.detail = as_utc(fact.at), fact.kind, dict(fact.detail)
            case _:
                assert_never(fact)
    session.add_all(calls.values())
    if session.new:
        await session.flush()  # the other rows name the calls by foreign key
    session.add_all([*legs.values(), *utterances.values(), *events.values()])
    session.add_all(row for rows in usage.values() for row in rows.values())


async def _load(
    session: AsyncSession, facts: Sequence[Fact]
) -> tuple[dict[str, CallRow], dict[tuple[str, Leg], LegRow], dict[tuple[str, int], UtteranceRow]]:
    """Return the rows that the facts are about, as far as they exist; the calls are locked (PostgreSQL)."""
    sids = {fact.call_sid for fact in facts}
    leg_sids = {fact.call_sid for fact in facts if isinstance(fact, LegChanged)}
    keys = {(fact.call_sid, fact.utterance.sequence) for fact in facts if isinstance(fact, UtteranceFinished)}
    calls = await session.scalars(_CALLS, {"sids": list(sids)})
    found_calls = {row.call_sid: row for row in calls}
    found_legs: dict[tuple[str, Leg], LegRow] = {}
    if leg_sids:
        legs = await session.scalars(_LEGS, {"sids": list(leg_sids)})
        found_legs = {(row.call_sid, row.leg): row for row in legs}
    found_utterances: dict[tuple[str, int], UtteranceRow] = {}
    if keys:
        utterances = await session.scalars(_UTTERANCES, {"keys": list(keys)})
        found_utterances = {(row.call_sid, row.sequence): row for row in utterances}
    return found_calls, found_legs, found_utterances


async def _load_usage(session: AsyncSession, facts: Iterable[Fact]) -> dict[str, dict[UsageKey, UsageRow]]:
    """Return the usage rows of every call that a bill is among the facts of."""
    sids = {fact.call_sid for fact in facts if isinstance(fact, UsageCounted)}
    found: dict[str, dict[UsageKey, UsageRow]] = {}
    if sids:
        for row in await session.scalars(_USAGE, {"sids": list(sids)}):
            found.setdefault(row.call_sid, {})[charge_of(row).key] = row
    return found


async def _load_events(session: AsyncSession, facts: Iterable[Fact]) -> dict[tuple[str, int], EventRow]:
    keys = {(fact.call_sid, fact.sequence) for fact in facts if isinstance(fact, EventHappened)}
    if not keys:
        return {}
    rows = await session.scalars(_EVENTS, {"keys": list(keys)})
    return {(row.call_sid, row.sequence): row for row in rows}


def charge_of(row: UsageRow) -> Charge:
    """Return what a usage row says."""
    key = UsageKey(row.stage, row.provider, row.unit, row.variant)
    price = None if row.price is None or row.price_per is None else Price(row.price, row.price_per)
    return Charge(key, row.amount, price, row.cost)


def _new_usage(call_sid: str, key: UsageKey) -> UsageRow:
    return UsageRow(
        call_sid=call_sid, stage=key.stage, provider=key.provider, unit=key.unit, variant=key.variant, amount=0
    )


def _apply_charge(row: UsageRow, charge: Charge) -> None:
    if charge.amount < row.amount:
        return
    row.amount, row.cost = charge.amount, charge.cost
    row.price = None if charge.price is None else charge.price.amount
    row.price_per = None if charge.price is None else charge.price.per


def _apply_to_call(call: CallRow, fact: CallStarted | CallChanged | CallEnded) -> None:
    match fact:
        case CallStarted():
            call.started_at = _earlier(call.started_at, fact.started_at)
            call.agent_language = fact.agent_language
            call.instance_id = fact.instance_id or call.instance_id
            call.caller_hash = fact.caller_hash or call.caller_hash
            call.direction = fact.direction
            _advance_call(call, fact.status)
        case CallChanged():
            if fact.status is not None:
                _advance_call(call, fact.status)
            call.agent_call_sid = fact.agent_call_sid or call.agent_call_sid
            call.client_language = fact.client_language or call.client_language
            if fact.answered_at is not None:
                call.started_at = _earlier(call.started_at, fact.answered_at)
                call.answered_at = _earlier(call.answered_at, fact.answered_at)
        case CallEnded():
            call.started_at = _earlier(call.started_at, fact.ended_at)
            # The last word about the end stands, and any is better than what `Instances.close` assumed.
            is_assumed = call.end_reason is EndReason.PROCESS_LOST
            if call.ended_at is None or is_assumed or as_utc(fact.ended_at) >= call.ended_at:
                call.status, call.end_reason = fact.status, fact.end_reason
                call.ended_at = as_utc(fact.ended_at)
        case _:
            assert_never(fact)


def _advance_call(call: CallRow, status: CallStatus) -> None:
    if call.ended_at is None:
        call.status = max(call.status, status, key=_CALL_PROGRESS.index)


def _apply_to_leg(leg: LegRow, fact: LegChanged) -> None:
    leg.started_at = _earlier(leg.started_at, fact.at)
    leg.leg_call_sid = fact.leg_call_sid or leg.leg_call_sid
    leg.stream_sid = fact.stream_sid or leg.stream_sid
    if fact.status is None:
        return
    leg.status = max(leg.status or fact.status, fact.status, key=_LEG_PROGRESS.index)
    if fact.status is LegStatus.IN_PROGRESS:
        leg.answered_at = _earlier(leg.answered_at, fact.at)
    elif fact.status.is_terminal:
        leg.ended_at = _earlier(leg.ended_at, fact.at)


def _earlier(known: datetime | None, told: datetime) -> datetime:
    return as_utc(told) if known is None else min(known, as_utc(told))
