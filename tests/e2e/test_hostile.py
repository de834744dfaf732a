"""A short run of `python -m bench.hostile`: what strangers may send."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.hostile.__main__ import attack

INPUTS = 300


@pytest.mark.timeout(240)
async def test_nothing_that_strangers_send_breaks_it_or_stays(tmp_path: Path) -> None:
    verdict = await attack(tmp_path, INPUTS, seed=5)
    assert not verdict.problems()
    assert sum(kind.inputs for kind in verdict.kinds.values()) == INPUTS
    statuses = {status for kind in verdict.kinds.values() for status in kind.statuses}
    assert {101, 200, 401, 403, 422} <= statuses, "doors were tried, and rooms behind them"
