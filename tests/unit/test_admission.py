"""Who is let in, and why not: lines, lateness with hysteresis, and a server that stops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import CapacityError, Crowding
from app.runtime.admission import Admission, Obstacle, lag_gate, lines_gate, local_models_gate

MAXIMUM_MS = 100
LAGS = st.lists(st.floats(0, 400, allow_nan=False), min_size=1, max_size=40)


def test_every_obstacle_is_told_and_the_first_decides() -> None:
    admission = Admission(lines_gate(lambda: 3, 3), lambda: Obstacle(Crowding.LAG, "late"))
    assert [obstacle.reason for obstacle in admission.obstacles()] == [Crowding.LINES, Crowding.LAG]
    with pytest.raises(CapacityError, match="MAX_CONCURRENT_CALLS") as caught:
        admission.check()
    assert caught.value.reason is Crowding.LINES


def test_there_are_as_many_lines_as_the_setting_says() -> None:
    lines = 0
    admission = Admission(lines_gate(lambda: lines, 3))
    for _ in range(3):
        admission.check()
        lines += 1
    with pytest.raises(CapacityError):
        admission.check()


def test_a_server_that_stops_lets_nobody_in_for_good() -> None:
    admission = Admission()
    admission.check()
    admission.stop()
    for _ in range(2):
        with pytest.raises(CapacityError) as caught:
            admission.check()
        assert caught.value.reason is Crowding.STOPPING
    assert admission.is_stopped


@given(LAGS)
def test_a_late_loop_lets_nobody_in_until_it_is_late_by_less_than_half(lags_ms: list[float]) -> None:
    late_ms, was_open = 0.0, True
    gate = lag_gate(lambda: late_ms, MAXIMUM_MS, lambda: 1)
    for late_ms in lags_ms:
        is_open = gate() is None
        assert is_open or late_ms > MAXIMUM_MS / 2, "closed although it keeps up"
        assert not is_open or late_ms <= MAXIMUM_MS, "open although it is late"
        if MAXIMUM_MS / 2 < late_ms <= MAXIMUM_MS:
            assert is_open is was_open, "in between nothing changes"
        was_open = is_open


@given(LAGS)
def test_a_server_without_calls_is_never_too_late_for_one(lags_ms: list[float]) -> None:
    late_ms = 0.0
    gate = lag_gate(lambda: late_ms, MAXIMUM_MS, lambda: 0)
    for late_ms in lags_ms:  # noqa: B007 - the gate reads it
        assert gate() is None


def test_models_on_this_machine_take_what_they_were_measured_to_carry() -> None:
    calls, capacity = 0, None
    admission = Admission(local_models_gate(lambda: calls, lambda: capacity))
    calls = 1000
    admission.check()
    calls, capacity = 1, 2
    admission.check()
    calls = 2
    with pytest.raises(CapacityError, match="LOCAL_CAPACITY_CALLS") as caught:
        admission.check()
    assert caught.value.reason is Crowding.LOCAL_MODELS
