"""The recorder: nothing that can be written is lost, nothing that cannot be blocks the rest, nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from structlog.testing import capture_logs

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
)
from app.domain.usage import Charge, Price, Stage, UsageKey, UsageUnit, total_cost
from app.store.database import Database
from app.store.facts import apply_facts
from app.store.instances import Instances
from app.store.models import UtteranceRow
from app.store.recorder import Recorder
from app.store.repository import CallDetail, Repository
from tests.integration.store_facts import SPEECH, at, charges, said, utterance, whole_call
from tests.postgres import PostgresServer
from tests.waiting import PATIENCE_S, until


def quick(database: Database, **options: int) -> Recorder:
    return Recorder(database, linger_s=0.001, retry_min_s=0.01, retry_max_s=0.05, **options)


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


async def detail(database: Database, call_sid: str) -> CallDetail:
    found = await Repository(database).get_call(call_sid)
    assert found is not None
    return found


async def test_a_call_comes_back_as_it_was_told(database: Database) -> None:
    recorder = quick(database)
    async with running(recorder):
        for fact in whole_call("CA1"):
            assert recorder.record(fact)
        await flush(recorder)
    found = await detail(database, "CA1")
    assert found.utterances == tuple(utterance(n) for n in (1, 2, 3))
    assert found.call.status is CallStatus.COMPLETED
    assert found.call.end_reason is EndReason.CLIENT_HUNG_UP
    assert (found.call.agent_call_sid, found.call.client_language, found.call.agent_language) == ("CA9", "en", "es")
    assert (found.call.started_at, found.call.answered_at, found.call.ended_at) == (at(0), at(9), at(60))
    assert found.call.utterance_count == 3
    assert found.usage == charges(2)
    assert list(found.events) == [fact for fact in whole_call("CA1") if isinstance(fact, EventHappened)]
    assert (found.call.cost, found.call.currency) == (Decimal("0.0554"), "USD")
    client, agent = found.legs
    assert (client.leg, client.leg_call_sid, client.stream_sid) == (Leg.CLIENT, "CA1", "MZ1")
    assert (client.started_at, client.answered_at, client.ended_at) == (at(1), at(1), at(60))
    assert (agent.leg, agent.leg_call_sid, agent.stream_sid) == (Leg.AGENT, "CA9", "MZ2")
    assert (agent.started_at, agent.answered_at, agent.ended_at) == (at(2), at(9), at(61))
    assert agent.status is LegStatus.COMPLETED
    assert (recorder.queued, recorder.written_count, recorder.dropped_count) == (0, len(whole_call("CA1")), 0)


async def test_who_waits_for_what_is_queued_does_not_wait_for_what_comes_after(database: Database) -> None:
    recorder = quick(database)

    async def never_stop_talking() -> None:
        for sequence in count(1):
            recorder.record(said("CA1", sequence))
            await asyncio.sleep(0)

    async with running(recorder):
        recorder.record(whole_call("CA1")[0])
        talking = asyncio.create_task(never_stop_talking())
        await flush(recorder)
        talking.cancel()
    assert recorder.written_count > 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_order_in_any_batches_told_twice_ends_in_the_same_rows(
    database: Database, data: st.DataObject
) -> None:
    straight, shuffled = f"CA{uuid4().hex}", f"CA{uuid4().hex}"
    async with database.sessions.begin() as session:
        await apply_facts(session, whole_call(straight))
    facts = data.draw(st.permutations(whole_call(shuffled)))
    facts += data.draw(st.lists(st.sampled_from(facts), max_size=3))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(facts) - 1), max_size=4)))
    for begin, end in zip([0, *cuts], [*cuts, len(facts)], strict=True):
        async with database.sessions.begin() as session:
            await apply_facts(session, facts[begin:end])
    expected, found = await detail(database, straight), await detail(database, shuffled)
    expected_client = replace(expected.legs[0], leg_call_sid=shuffled)
    assert found.call == replace(expected.call, call_sid=shuffled)
    assert found.legs == (expected_client, expected.legs[1])
    assert found.utterances == expected.utterances
    assert found.usage == expected.usage == charges(2)
    assert found.events == tuple(replace(event, call_sid=shuffled) for event in expected.events)
    assert len(found.events) == 2


async def test_a_call_of_which_a_price_is_not_known_has_no_cost_and_all_its_usage(database: Database) -> None:
    for bill in (charges(1)[:1], charges(1)):
        async with database.sessions.begin() as session:
            await apply_facts(session, [CallStarted("CA1", at(0), "es"), UsageCounted("CA1", bill, "USD")])
        found = await detail(database, "CA1")
        assert found.usage == bill
        assert found.call.cost == total_cost(bill)
    assert found.call.cost is None


async def test_money_is_exact(database: Database) -> None:
    key = UsageKey(Stage.SPEECH, "vendor", UsageUnit.CHARACTERS, "m" * 300)
    bill = (Charge(key, 10**12, Price(Decimal("0.00000001"), 3), Decimal("1234567890.12345678")),)
    async with database.sessions.begin() as session:
        await apply_facts(session, [UsageCounted("CA1", bill, "EUR")])
    found = await detail(database, "CA1")
    assert found.usage == bill
    assert found.call.cost == Decimal("1234567890.12345678")


async def test_every_fact_makes_the_row_of_a_call_whose_start_was_lost(database: Database) -> None:
    facts = [replace(fact, call_sid=f"CA{n}") for n, fact in enumerate(whole_call("CA"))]
    recorder = quick(database)
    async with running(recorder):
        for fact in facts:
            recorder.record(fact)
        await flush(recorder)
    calls = await Repository(database).list_calls(limit=100)
    assert {call.call_sid for call in calls} == {fact.call_sid for fact in facts}
    assert recorder.refused_count == 0


async def test_the_end_of_a_call_corrects_what_was_assumed_of_it(database: Database) -> None:
    async with database.sessions.begin() as session:
        await apply_facts(session, [CallStarted("CA1", at(0), "es")])
    assert await Instances(database).close(["CA1"]) == 1
    async with database.sessions.begin() as session:
        await apply_facts(session, [CallChanged("CA1", status=CallStatus.IN_PROGRESS)])
    assert (await detail(database, "CA1")).call.status is CallStatus.FAILED
    async with database.sessions.begin() as session:
        await apply_facts(session, [CallEnded("CA1", CallStatus.COMPLETED, EndReason.AGENT_HUNG_UP, at(60))])
    async with database.sessions.begin() as session:
        await apply_facts(session, [CallChanged("CA1", status=CallStatus.FAILED)])
    found = (await detail(database, "CA1")).call
    assert (found.status, found.end_reason) == (CallStatus.COMPLETED, EndReason.AGENT_HUNG_UP)
    assert found.ended_at == at(60)


async def test_a_full_queue_refuses_counts_and_takes_facts_again_when_it_is_empty(database: Database) -> None:
    recorder = quick(database, capacity=3)
    with capture_logs() as logs:
        assert [recorder.record(said("CA1", n)) for n in range(1, 6)] == [True, True, True, False, False]
    assert (recorder.queued, recorder.dropped_count) == (3, 2)
    assert [line["event"] for line in logs] == ["recorder.queue_filled"]
    async with running(recorder):
        await flush(recorder)
        assert recorder.record(said("CA1", 6))
        await flush(recorder)
    assert [row.sequence for row in (await detail(database, "CA1")).utterances] == [1, 2, 3, 6]
    assert (recorder.written_count, recorder.dropped_count) == (4, 2)


POISON = {
    "a time without a zone": UtteranceFinished("CA1", replace(utterance(50), started_at=datetime(2026, 3, 1, 9, 30))),
    "a leg's time without a zone": LegChanged("CA1", Leg.AGENT, datetime(2026, 3, 1, 9, 30)),
    "a number too large": said("CA1", 50, speech_ms=2**70),
    "half a character": said("CA1", 50, source_text=f"{SPEECH} \ud800"),
    "a missing text": said("CA1", 50, source_text=None),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
@pytest.mark.parametrize("place", [0, 4, 9])
async def test_a_fact_that_the_database_refuses_is_alone_in_being_lost(
    database: Database, poison: Fact, place: int
) -> None:
    facts: list[Fact] = [said("CA1", n) for n in range(1, 10)]
    facts.insert(place, poison)
    recorder = quick(database)
    with capture_logs() as logs:
        async with running(recorder):
            for fact in facts:
                recorder.record(fact)
            await flush(recorder)
    assert [row.sequence for row in (await detail(database, "CA1")).utterances] == list(range(1, 10))
    assert (recorder.written_count, recorder.refused_count, recorder.retry_count) == (9, 1, 0)
    assert [line["event"] for line in logs] == ["recorder.fact_refused"]
    assert SPEECH not in repr(logs)


@pytest.mark.postgres
@pytest.mark.parametrize("sid", ["CA\x00", "C" * 65])
async def test_what_only_postgresql_refuses_is_isolated_too(postgres_server: PostgresServer, sid: str) -> None:
    database = Database(await postgres_server.create_database())
    await database.migrate()
    recorder = quick(database)
    async with running(recorder):
        recorder.record(said("CA1", 1))
        recorder.record(CallStarted(sid, at(0), "es"))
        recorder.record(said("CA1", 2))
        await flush(recorder)
    assert (recorder.written_count, recorder.refused_count) == (2, 1)
    await database.aclose()


async def test_facts_wait_for_a_database_that_is_not_migrated_yet(database_url: str) -> None:
    database = Database(database_url)
    recorder = quick(database)
    with capture_logs() as logs:
        async with running(recorder):
            for fact in whole_call("CA1"):
                recorder.record(fact)
            await until(lambda: recorder.retry_count >= 2)
            assert recorder.queued == len(whole_call("CA1"))
            await database.migrate()
            await flush(recorder)
    assert (await detail(database, "CA1")).call.utterance_count == 3
    assert {line["event"] for line in logs} == {"recorder.batch_failed"}
    assert SPEECH not in repr(logs)
    await database.aclose()


@pytest.mark.postgres
async def test_facts_outlive_a_server_that_is_down_and_one_that_falls(postgres_server: PostgresServer) -> None:
    database = Database(await postgres_server.create_database())
    await database.migrate()
    recorder = quick(database, batch_size=5)
    try:
        postgres_server.stop()
        assert not await database.ping(timeout_s=PATIENCE_S)
        async with running(recorder):
            for n in range(1, 21):
                assert recorder.record(said("CA1", n))
            await until(lambda: recorder.retry_count >= 2)
            assert recorder.queued == 20
            await asyncio.to_thread(postgres_server.start)
            await flush(recorder)

            postgres_server.stop()  # the pool holds a connection that does not know yet
            retries = recorder.retry_count
            for n in range(21, 41):
                assert recorder.record(said("CA1", n))
            await until(lambda: recorder.retry_count > retries)
            await asyncio.to_thread(postgres_server.start)
            await flush(recorder)
    finally:
        await asyncio.to_thread(postgres_server.start)
    assert [row.sequence for row in (await detail(database, "CA1")).utterances] == list(range(1, 41))
    assert (recorder.written_count, recorder.refused_count, recorder.dropped_count) == (40, 0, 0)
    await database.aclose()


async def test_drain_says_what_is_left_and_another_run_writes_it(database_url: str) -> None:
    database = Database(database_url)
    recorder = quick(database)
    async with running(recorder):
        recorder.record(said("CA1", 1))
        recorder.record(said("CA1", 2))
        assert await recorder.drain(timeout_s=0.05) == 2
    await database.migrate()
    async with running(recorder):
        assert await recorder.drain(timeout_s=PATIENCE_S) == 0
    assert (await detail(database, "CA1")).call.utterance_count == 2
    await database.aclose()


async def test_cancelled_in_the_middle_of_a_batch_nothing_is_lost(database: Database) -> None:
    recorder = quick(database, batch_size=3)
    for n in range(1, 31):
        recorder.record(said("CA1", n))
    for target in range(3, 31, 3):
        async with running(recorder):
            await until(lambda target=target: recorder.written_count >= target)
    assert [row.sequence for row in (await detail(database, "CA1")).utterances] == list(range(1, 31))


async def test_thousands_of_facts_are_written_in_their_batches(database: Database) -> None:
    recorder = Recorder(database)
    for n in range(5000):
        assert recorder.record(said(f"CA{n % 50}", n // 50 + 1))
    async with running(recorder):
        await flush(recorder)
    async with database.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(UtteranceRow)) == 5000
    assert recorder.written_count == 5000
