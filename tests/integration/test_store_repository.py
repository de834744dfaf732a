"""What the administrators read: pages that miss nothing, times that keep their zone, errors that show nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.legs import CallDirection, CallStatus, EndReason
from app.domain.records import CallChanged, CallEnded, CallStarted, Fact
from app.errors import StoreError
from app.store.database import Database
from app.store.facts import apply_facts
from app.store.repository import CallCursor, CallFilter, Repository
from tests.integration.store_facts import at, whole_call


async def write(database: Database, facts: Sequence[Fact]) -> None:
    async with database.sessions.begin() as session:
        await apply_facts(session, facts)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
async def test_pages_of_any_size_hold_every_call_once_newest_first(database: Database, limit: int) -> None:
    # Three calls start in the same microsecond: a page may end between them.
    starts = [0, 1, 5, 5, 5, 8, 9]
    await write(database, [CallStarted(f"CA{n}", at(second), "es") for n, second in enumerate(starts)])
    repository = Repository(database)
    seen: list[str] = []
    page = await repository.list_calls(limit)
    while page:
        assert len(page) <= limit
        seen += [call.call_sid for call in page]
        page = await repository.list_calls(limit, before=CallCursor.parse(str(page[-1].cursor)))
    assert seen == ["CA6", "CA5", "CA4", "CA3", "CA2", "CA1", "CA0"]


async def test_the_list_counts_each_calls_own_utterances(database: Database) -> None:
    await write(database, [*whole_call("CA1"), CallStarted("CA2", at(100), "es")])
    calls = await Repository(database).list_calls(limit=10)
    assert [(call.call_sid, call.utterance_count) for call in calls] == [("CA2", 0), ("CA1", 3)]


async def test_times_come_back_with_their_zone(database: Database) -> None:
    await write(database, whole_call("CA1"))
    found = await Repository(database).get_call("CA1")
    assert found is not None
    assert found.call.started_at == at(0)
    times = [found.call.started_at, found.call.ended_at, found.legs[0].started_at, found.utterances[0].started_at]
    assert [time and time.tzinfo for time in times] == [UTC] * 4


async def test_a_call_that_nobody_made_is_none(database: Database) -> None:
    assert await Repository(database).get_call("CA404") is None


async def test_a_database_that_is_away_is_a_store_error(database_url: str) -> None:
    database = Database(database_url)  # not migrated: no tables
    repository = Repository(database)
    for answer in (repository.list_calls(10), repository.get_call("CA1")):
        with pytest.raises(StoreError) as caught:
            await answer
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert "SELECT" not in str(caught.value)
    await database.aclose()


@given(st.text(max_size=40))
def test_any_text_is_a_cursor_or_a_value_error(text: str) -> None:
    try:
        cursor = CallCursor.parse(text)
    except ValueError:
        return
    assert CallCursor.parse(str(cursor)) == cursor


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year >= 1970))
def test_a_cursor_survives_its_text(moment: datetime) -> None:
    cursor = CallCursor(moment, "CA0123456789abcdef")
    assert CallCursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "CA1", "1-", "999999999999999999-CA1", "1111111111111111111-CA1", "1-CA1 ", "-1-CA1", "1-CA'1"]
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        CallCursor.parse(text)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CallFilter(), ["CA4", "CA3", "CA2", "CA1"]),
        (CallFilter(is_live=True), ["CA3", "CA1"]),
        (CallFilter(is_live=False), ["CA4", "CA2"]),
        (CallFilter(status=CallStatus.FAILED), ["CA4"]),
        (CallFilter(end_reason=EndReason.AGENT_HUNG_UP), ["CA2"]),
        (CallFilter(client_language="fr"), ["CA3", "CA2"]),
        (CallFilter(agent_language="gl"), ["CA1"]),
        (CallFilter(started_from=at(2), started_before=at(4)), ["CA3", "CA2"]),
        (CallFilter(direction=CallDirection.OUTBOUND), ["CA3"]),
        (CallFilter(direction=CallDirection.INBOUND), ["CA4", "CA2", "CA1"]),
        (CallFilter(client_language="fr", is_live=True), ["CA3"]),
        (CallFilter(client_language="fr", status=CallStatus.FAILED), []),
    ],
)
async def test_only_the_calls_that_are_wanted(database: Database, wanted: CallFilter, expected: list[str]) -> None:
    await write(
        database,
        [
            CallStarted("CA1", at(1), "gl"),
            CallStarted("CA2", at(2), "es"),
            CallStarted("CA3", at(3), "es", direction=CallDirection.OUTBOUND),
            CallStarted("CA4", at(4), "es"),
            *(CallChanged(f"CA{n}", client_language="fr") for n in (2, 3)),
            CallEnded("CA2", CallStatus.COMPLETED, EndReason.AGENT_HUNG_UP, at(5)),
            CallEnded("CA4", CallStatus.FAILED, EndReason.AGENT_BUSY, at(6)),
        ],
    )
    repository = Repository(database)
    assert [call.call_sid for call in await repository.list_calls(10, wanted=wanted)] == expected
    paged: list[str] = []
    page = await repository.list_calls(1, wanted=wanted)
    while page:
        paged += [call.call_sid for call in page]
        page = await repository.list_calls(1, page[-1].cursor, wanted)
    assert paged == expected


async def test_calls_that_begin_between_two_pages_are_on_neither(database: Database) -> None:
    await write(database, [CallStarted(f"CA{n}", at(n), "es") for n in (1, 2, 3)])
    repository = Repository(database)
    first = await repository.list_calls(2)
    await write(database, [CallStarted("CA4", at(4), "es")])
    second = await repository.list_calls(2, first[-1].cursor)
    assert [call.call_sid for call in (*first, *second)] == ["CA3", "CA2", "CA1"]
