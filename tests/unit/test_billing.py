"""Twilio's minutes: every leg and every stream rounded up, each on its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.events import LegStatusChanged, StreamClosed, StreamOpened
from app.domain.legs import Leg, LegStatus
from app.domain.usage import Stage, UsageKey, UsageUnit
from app.twilio.billing import BilledMinutes, place_of

INBOUND = UsageKey(Stage.TELEPHONY, "twilio", UsageUnit.INBOUND_MINUTES, "US")
OUTBOUND = UsageKey(Stage.TELEPHONY, "twilio", UsageUnit.OUTBOUND_MINUTES, "ES")
STREAM = UsageKey(Stage.TELEPHONY, "twilio", UsageUnit.STREAM_MINUTES)


def minutes() -> BilledMinutes:
    return BilledMinutes(called="+14155550100", agent="+34910000002")


@pytest.mark.parametrize(
    ("ended_ms", "expected"), [(0, 1), (1, 1), (59_999, 1), (60_000, 1), (60_001, 2), (600_000, 10), (600_001, 11)]
)
def test_a_minute_that_began_is_a_whole_one(ended_ms: int, expected: int) -> None:
    call = minutes()
    call.end(ended_ms)
    assert call.usage(ended_ms + 500_000) == {INBOUND: expected}


def test_a_client_whom_we_call_costs_nothing_before_they_answer() -> None:
    call = BilledMinutes(called="+14155550100", agent="+34910000002", dialled="+33123456789")
    placed = UsageKey(Stage.TELEPHONY, "twilio", UsageUnit.OUTBOUND_MINUTES, "FR")
    call.observe(LegStatusChanged(Leg.CLIENT, LegStatus.RINGING), 1_000)
    assert call.usage(61_000) == {}
    call.observe(LegStatusChanged(Leg.CLIENT, LegStatus.IN_PROGRESS), 61_000)
    assert call.usage(121_001) == {placed: 2}


def test_each_leg_and_each_stream_counts_from_its_own_beginning() -> None:
    call = minutes()
    call.observe(StreamOpened(Leg.CLIENT), 2_000)
    call.observe(LegStatusChanged(Leg.AGENT, LegStatus.RINGING), 3_000)
    assert call.usage(61_000) == {INBOUND: 2, STREAM: 1}
    call.observe(LegStatusChanged(Leg.AGENT, LegStatus.IN_PROGRESS), 61_000)
    call.observe(StreamOpened(Leg.AGENT), 62_000)
    assert call.usage(122_000) == {INBOUND: 3, OUTBOUND: 2, STREAM: 2 + 1}
    call.observe(StreamClosed(Leg.AGENT, was_lost=False), 122_001)
    call.observe(LegStatusChanged(Leg.AGENT, LegStatus.COMPLETED), 121_000)
    call.end(181_000)
    call.end(500_000)
    assert call.usage(900_000) == {INBOUND: 4, OUTBOUND: 1, STREAM: 3 + 2}


@pytest.mark.parametrize("status", [LegStatus.BUSY, LegStatus.NO_ANSWER, LegStatus.CANCELED, LegStatus.FAILED])
def test_an_agent_who_does_not_answer_costs_nothing(status: LegStatus) -> None:
    call = minutes()
    for each in (LegStatus.QUEUED, LegStatus.RINGING, status):
        call.observe(LegStatusChanged(Leg.AGENT, each), 1_000)
    call.end(30_000)
    assert call.usage(30_000) == {INBOUND: 1}


def test_an_agents_stream_says_that_they_answered_where_the_callback_is_late() -> None:
    call = minutes()
    call.observe(StreamOpened(Leg.AGENT), 10_000)
    call.observe(LegStatusChanged(Leg.AGENT, LegStatus.IN_PROGRESS), 40_000)
    call.end(75_000)
    assert call.usage(75_000)[OUTBOUND] == 2


@given(st.lists(st.integers(0, 10**7), min_size=2, max_size=20))
def test_minutes_never_become_fewer(moments: list[int]) -> None:
    call = minutes()
    call.observe(StreamOpened(Leg.CLIENT), 0)
    counted = [call.usage(moment)[STREAM] for moment in sorted(moments)]
    assert counted == sorted(counted)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("+14155550100", "US"),
        ("+34910000002", "ES"),
        ("sip:desk@example.com", "sip"),
        ("sips:desk@example.com", "sip"),
        ("client:desk", "client"),
        ("", ""),
        ("+266696687", ""),
    ],
)
def test_a_price_depends_on_the_place(address: str, place: str) -> None:
    assert place_of(address) == place
