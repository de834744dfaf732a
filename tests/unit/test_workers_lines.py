"""What the supervisor knows of its workers' calls."""

from __future__ import annotations

import pytest

from app.fleet.base import Line, LineAnswer
from app.workers.lines import Lines


def test_there_are_so_many_lines_and_what_ends_or_dies_gives_its_own_back() -> None:
    lines = Lines(most_calls=2, orders_per_minute=1)
    assert lines.take("a", "1", "CA1").line is Line.GIVEN
    assert lines.take("b", "2", "").line is Line.GIVEN
    assert lines.is_full
    assert lines.take("a", "3", "CA3").line is Line.FULL
    assert lines.take("a", "1", "CA1").line is Line.GIVEN, "asked twice, and has it already"
    lines.release("1")
    assert lines.take("a", "3", "CA3").line is Line.GIVEN
    lines.forget("b")
    assert not lines.is_full
    assert lines.holder("CA3") == "a"


def test_a_call_is_held_by_one_process() -> None:
    lines = Lines(most_calls=0, orders_per_minute=1)
    lines.take("a", "1", "CA1")
    assert lines.take("b", "2", "CA1") == LineAnswer(Line.HELD_ELSEWHERE, "a")
    lines.release("1")
    assert lines.holder("CA1") is None
    assert lines.take("b", "2", "CA1").line is Line.GIVEN


def test_an_outbound_call_is_found_once_the_carrier_has_named_it() -> None:
    lines = Lines(most_calls=0, orders_per_minute=1)
    lines.take("a", "1", "")
    lines.take("a", "2", "")
    lines.hold("a", "1", "CA1")
    assert (lines.holder("CA1"), lines.holder("")) == ("a", None)
    assert len(lines) == 2


def test_so_many_orders_a_minute() -> None:
    lines = Lines(most_calls=0, orders_per_minute=2)
    assert [lines.order(now_s) for now_s in (100.0, 130.0)] == [0.0, 0.0]
    assert lines.order(140.0) == pytest.approx(20.0)
    assert lines.order(160.0) == 0.0
    assert lines.order(160.0) == pytest.approx(30.0)
