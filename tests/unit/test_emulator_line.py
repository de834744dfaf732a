"""The 20 ms grid and the way to the server, on a clock that the test moves."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.emulator.clock import FrameClock
from app.emulator.line import FAULT_PERIOD_S, Line
from app.emulator.script import Faults


@given(start_s=st.floats(0, 1e6), steps=st.lists(st.floats(0, 0.5), min_size=1, max_size=60))
def test_every_instant_of_the_grid_is_handed_out_once_whenever_one_asks(start_s: float, steps: list[float]) -> None:
    clock = FrameClock(start_s)
    now_s = start_s
    taken: list[float] = []
    for step_s in steps:
        now_s += step_s
        due = clock.take(now_s)
        assert all(at_s <= now_s for at_s in due)
        assert clock.next_at_s > now_s
        taken += due
    assert taken == [start_s + index * 0.02 for index in range(len(taken))]


def test_an_hour_of_late_wake_ups_loses_nothing() -> None:
    clock = FrameClock(0.0)
    random = Random(1)
    now_s, count = 0.0, 0
    while now_s < 3600:
        now_s = max(now_s, clock.next_at_s) + random.uniform(0, 0.012)
        count += len(clock.take(now_s))
    assert count == int(now_s / 0.02) + 1


@given(
    seed=st.integers(),
    jitter_ms=st.floats(0, 200),
    burst_ms=st.floats(0, 2000),
    looks=st.lists(st.floats(0.001, 0.3), max_size=100),
)
def test_messages_arrive_all_in_order_and_not_too_late(
    seed: int, jitter_ms: float, burst_ms: float, looks: list[float]
) -> None:
    line = Line(Faults(jitter_ms=jitter_ms, burst_ms=burst_ms), Random(seed), 0.0)
    now_s, arrived = 0.0, list[str]()
    for index, step_s in enumerate(looks):
        line.push(str(index), now_s)
        arrived += line.due(now_s)
        now_s += step_s
    arrived += line.due(now_s + (jitter_ms + burst_ms) / 1000 + 1e-6)
    assert arrived == [str(index) for index in range(len(looks))]


def test_a_good_line_holds_nothing_back() -> None:
    line = Line(Faults(), Random(1), 0.0)
    for index in range(1000):
        line.push(str(index), index * 0.02)
        assert line.due(index * 0.02) == [str(index)]
        assert not line.loses(index * 0.02)


def test_a_stall_holds_everything_and_lets_it_go_at_once() -> None:
    line = Line(Faults(burst_ms=1000), Random(1), 0.0)
    for index in range(50):
        line.push(str(index), 4.0 + index * 0.02)
    assert line.due(4.99) == []
    assert len(line.due(FAULT_PERIOD_S)) == 50


@pytest.mark.parametrize(("at_s", "is_lost"), [(0.0, False), (4.6, False), (4.8, True), (5.0, False), (9.8, True)])
def test_a_loss_comes_at_the_end_of_each_period(at_s: float, is_lost: bool) -> None:
    assert Line(Faults(drop_ms=300), Random(1), 0.0).loses(at_s) is is_lost


def test_what_is_still_on_its_way_can_be_flushed() -> None:
    line = Line(Faults(jitter_ms=1000), Random(1), 0.0)
    line.push("a", 0.0)
    line.push("b", 0.0)
    assert line.due(0.0) + line.flush() == ["a", "b"]
    assert line.due(99) == []
