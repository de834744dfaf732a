"""The event loop's lateness, sampled on a real loop that is made late."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry.loop_lag import INTERVAL_S, LagWindow, LoopLag
from app.telemetry.metrics import Metrics

PATIENCE_S = 30


@given(st.lists(st.floats(0, 10), min_size=1, max_size=200))
def test_nine_of_ten_of_the_latest_samples_are_not_above_the_recent_lag(late_s: list[float]) -> None:
    window = LagWindow()
    for sample_s in late_s:
        window.add(sample_s)
    latest_ms = [sample_s * 1000 for sample_s in late_s[-50:]]
    not_above = sum(sample_ms <= window.recent_ms for sample_ms in latest_ms)
    assert not_above >= 0.9 * len(latest_ms)
    assert window.recent_ms in latest_ms


def test_one_stall_of_a_few_hundred_milliseconds_is_forgiven_and_a_busy_loop_is_not() -> None:
    window = LagWindow()
    for late_s in (0.001,) * 45 + (0.3, 0.2, 0.1):
        window.add(late_s)
    assert window.recent_ms < 10
    for _ in range(10):
        window.add(0.15)
    assert window.recent_ms > 100


async def test_every_moment_that_a_stall_swallowed_counts() -> None:
    metrics = Metrics()
    lag = LoopLag(metrics)
    sampler = asyncio.create_task(lag.run())

    def samples(at_least_s: float) -> float:
        (found,) = metrics.loop_lag_seconds.collect()
        counts = {sample.labels["le"]: sample.value for sample in found.samples if sample.name.endswith("_bucket")}
        return counts["+Inf"] - counts[str(at_least_s)]

    await asyncio.sleep(0)
    time.sleep(1.05 + INTERVAL_S)  # noqa: ASYNC251 - the stall
    async with asyncio.timeout(PATIENCE_S):
        while samples(0.5) < 5:  # noqa: ASYNC110 - the state is a metric
            await asyncio.sleep(0.01)
    assert samples(0.1) >= 9
    assert lag.recent_ms > 500
    sampler.cancel()
    with suppress(asyncio.CancelledError):
        await sampler


async def test_a_timer_that_rings_early_by_a_part_of_a_millisecond_is_not_asked_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As uvloop's do, which take less than half a millisecond for none."""
    loop, sleep, sleeps = asyncio.get_running_loop(), asyncio.sleep, 0

    async def early(delay_s: float) -> None:
        nonlocal sleeps
        sleeps += 1
        rings_s = loop.time() + (0.0 if delay_s < 0.0005 else delay_s - 0.0004)
        await sleep(max(0.0, delay_s - 0.01))
        while loop.time() < rings_s:
            await sleep(0)

    monkeypatch.setattr("app.telemetry.loop_lag.asyncio.sleep", early)
    sampler = asyncio.create_task(LoopLag(Metrics()).run())
    await sleep(5.5 * INTERVAL_S)
    assert sleeps <= 12, "one for each sample, and one where it rang early"
    sampler.cancel()
    with suppress(asyncio.CancelledError):
        await sampler
