"""Whose calls are ended: those of processes that fell silent, once, with every telephone, and nobody else's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import pytest
from sqlalchemy import select, update

from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.records import CallEnded, CallStarted, EventHappened, EventKind, Fact, LegChanged
from app.errors import TelephonyError
from app.runtime.caretaker import Caretaker
from app.store.database import Database
from app.store.facts import apply_facts
from app.store.instances import Instances
from app.store.models import InstanceRow
from app.store.repository import CallDetail, Repository
from app.telemetry.metrics import Metrics
from tests.integration.store_facts import at

PATIENCE_S = 30


class Exchange:
    """Twilio's end of `hang_up`: it refuses what it is told to, and remembers whom it was asked for."""

    def __init__(self, failures: int = 0) -> None:
        self.ended: list[str] = []
        self.failures = failures

    async def hang_up(self, call_sid: str) -> None:
        if self.failures:
            self.failures -= 1
            raise TelephonyError(20500, 500)
        self.ended.append(call_sid)


@contextlib.asynccontextmanager
async def looking_after(
    database: Database,
    exchange: Exchange,
    *,
    is_caught_up: Callable[[], bool] = lambda: True,
    lost_after_s: float = 0.2,
) -> AsyncIterator[None]:
    caretaker = Caretaker(
        "me",
        Instances(database, is_alone=database.is_sqlite),
        exchange.hang_up,
        Metrics(),
        is_caught_up=is_caught_up,
        judges_at_once=database.is_sqlite,
        beat_s=0.05,
        lost_after_s=lost_after_s,
    )
    task = asyncio.create_task(caretaker.run())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def write(database: Database, *facts: Fact) -> None:
    async with database.sessions.begin() as session:
        await apply_facts(session, facts)


def open_call(call_sid: str, instance_id: str) -> list[Fact]:
    return [
        CallStarted(call_sid, at(0), "es", instance_id=instance_id),
        LegChanged(call_sid, Leg.CLIENT, at(1), leg_call_sid=call_sid, status=LegStatus.IN_PROGRESS),
        LegChanged(call_sid, Leg.AGENT, at(2), leg_call_sid=f"{call_sid}-agent", status=LegStatus.IN_PROGRESS),
    ]


async def fell_silent(database: Database, instance_id: str) -> None:
    instances = Instances(database, is_alone=database.is_sqlite)
    await instances.beat(instance_id)
    async with database.sessions.begin() as session:
        await session.execute(
            update(InstanceRow).where(InstanceRow.instance_id == instance_id).values(heartbeat_at=at(0))
        )


async def ended(database: Database, call_sid: str) -> CallDetail:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            found = await Repository(database).get_call(call_sid)
            if found is not None and found.call.ended_at is not None:
                return found
            await asyncio.sleep(0.01)


async def test_a_dead_process_loses_its_calls_and_their_telephones(database: Database) -> None:
    await fell_silent(database, "dead")
    over = CallEnded("CA2", CallStatus.COMPLETED, EndReason.AGENT_HUNG_UP, at(5))
    await write(database, *open_call("CA1", "dead"), *open_call("CA2", "dead"), over, *open_call("CA3", "me"))
    rings = {"status": "ringing", "call_sid": "CA1-interpreter"}
    await write(database, EventHappened("CA1", 7, at(20), EventKind.INTERPRETER_STATUS, rings))
    exchange = Exchange()
    async with looking_after(database, exchange):
        lost = await ended(database, "CA1")
    assert set(exchange.ended) == {"CA1", "CA1-agent", "CA1-interpreter"}
    assert (lost.call.status, lost.call.end_reason) == (CallStatus.FAILED, EndReason.PROCESS_LOST)
    assert all(leg.status is LegStatus.COMPLETED and leg.ended_at is not None for leg in lost.legs)
    assert (await ended(database, "CA2")).call.end_reason is EndReason.AGENT_HUNG_UP
    mine = await Repository(database).get_call("CA3")
    assert mine is not None
    assert mine.call.ended_at is None


async def test_a_process_forgets_those_that_died_long_ago_once_their_calls_are_over(database: Database) -> None:
    for instance_id in ("forgotten", "holds a call"):
        await fell_silent(database, instance_id)
    over = CallEnded("CA1", CallStatus.COMPLETED, EndReason.AGENT_HUNG_UP, at(5))
    await write(database, *open_call("CA1", "forgotten"), over, *open_call("CA2", "holds a call"))
    instances = Instances(database)
    await instances.beat("neighbour")
    await instances.beat("me")
    await instances.beat("me")
    async with database.sessions.begin() as session:
        assert set(await session.scalars(select(InstanceRow.instance_id))) == {"holds a call", "neighbour", "me"}
    assert [lost.call_sid for lost in await instances.lost_calls("me", 1.0)] == ["CA2"]


async def test_a_telephone_that_cannot_be_ended_is_tried_again(database: Database) -> None:
    await fell_silent(database, "dead")
    await write(database, *open_call("CA1", "dead"))
    exchange = Exchange(failures=3)
    async with looking_after(database, exchange):
        await ended(database, "CA1")
    assert set(exchange.ended) == {"CA1", "CA1-agent"}


async def test_a_carrier_that_never_answers_does_not_keep_a_call_open(database: Database) -> None:
    await fell_silent(database, "dead")
    await write(database, *open_call("CA1", "dead"))
    async with looking_after(database, Exchange(failures=10_000)):
        lost = await ended(database, "CA1")
    assert lost.call.end_reason is EndReason.PROCESS_LOST


async def test_nobody_is_judged_before_the_journal_is_written(database: Database) -> None:
    await fell_silent(database, "dead")
    await write(database, *open_call("CA1", "dead"))
    exchange = Exchange()
    asked = asyncio.Event()

    def is_caught_up() -> bool:
        if asked.is_set():
            return True
        asked.set()
        return False

    async with looking_after(database, exchange, is_caught_up=is_caught_up):
        async with asyncio.timeout(PATIENCE_S):
            await asked.wait()
        assert exchange.ended == []
        await ended(database, "CA1")


async def test_the_end_that_a_dead_process_had_written_down_stands(database: Database) -> None:
    await write(database, *open_call("CA1", "dead"))
    assert await Instances(database).close(["CA1"]) == 1
    assert await Instances(database).close(["CA1"]) == 0
    await write(
        database,
        EventHappened("CA1", 9, at(30), EventKind.CALL_ENDED, {}),
        CallEnded("CA1", CallStatus.COMPLETED, EndReason.CLIENT_HUNG_UP, at(30)),
    )
    found = await ended(database, "CA1")
    assert (found.call.end_reason, found.call.ended_at) == (EndReason.CLIENT_HUNG_UP, at(30))


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgres"], indirect=True)
async def test_processes_that_beat_keep_their_calls(database: Database) -> None:
    instances = Instances(database, is_alone=database.is_sqlite)
    await fell_silent(database, "dead")
    await instances.beat("other")
    await write(database, *open_call("CA1", "other"), *open_call("CA2", "dead"), *open_call("CA3", "unknown"))
    # "unknown" never beat, and its call began months ago.
    assert {call.call_sid for call in await instances.lost_calls("me", 60)} == {"CA2", "CA3"}
    await instances.beat("dead")
    assert {call.call_sid for call in await instances.lost_calls("me", 60)} == {"CA3"}
