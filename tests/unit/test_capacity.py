"""How many calls a machine carries that recognises and speaks itself."""

from __future__ import annotations

import pytest

from app.runtime.capacity import MOST_BUSY, SPEECH_SHARE, Capacity


def test_where_others_compute_there_is_no_limit_of_ours() -> None:
    assert Capacity(processors=1, recognition=0.0, voice=0.0).calls is None


def test_the_operator_knows_better_where_there_is_something_to_know() -> None:
    assert Capacity(processors=2, recognition=0.3, voice=0.6, chosen_calls=40).calls == 40
    assert Capacity(processors=2, chosen_calls=40).calls is None


def test_a_machine_that_is_too_slow_for_one_call_takes_one() -> None:
    assert Capacity(processors=0.5, recognition=5.0, voice=9.0).calls == 1


@pytest.mark.parametrize(("processors", "recognition", "voice"), [(2, 0.3, 0.6), (64, 0.05, 0.0), (8, 0.0, 0.4)])
def test_so_many_calls_keep_the_processors_as_busy_as_they_may_be(
    processors: float, recognition: float, voice: float
) -> None:
    calls = Capacity(processors, recognition, voice).calls
    assert calls is not None
    one = SPEECH_SHARE * (recognition + voice)
    assert calls * one <= MOST_BUSY * processors or calls == 1
    assert (calls + 1) * one > MOST_BUSY * processors
