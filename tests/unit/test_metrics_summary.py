"""The metrics in a few figures: what the instruments counted, no more than a bucket from the truth."""

from __future__ import annotations

import math
from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.legs import EndReason, Leg
from app.telemetry.metrics import Metrics
from app.telemetry.summary import quantile, summarise
from app.workers.metrics_text import labelled, merged

BOUNDS = (0.1, 0.5, 1.0, 5.0)


def buckets(values: list[float]) -> list[tuple[float, float]]:
    return [(bound, sum(value <= bound for value in values)) for bound in (*BOUNDS, math.inf)]


@given(st.lists(st.floats(0.001, 4.9), min_size=1, max_size=50), st.sampled_from([0.5, 0.95, 0.99]))
def test_a_quantile_lies_in_the_bucket_of_the_true_one(values: list[float], share: float) -> None:
    true = sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
    upper = bisect_left(BOUNDS, true)
    lower_bound = BOUNDS[upper - 1] if upper else 0.0
    estimated = quantile(share, buckets(values))
    assert estimated is not None
    assert lower_bound <= estimated <= BOUNDS[upper]


def test_quantiles_at_the_edges() -> None:
    assert quantile(0.5, []) is None
    assert quantile(0.5, buckets([])) is None
    assert quantile(0.5, buckets([60.0])) == 5.0, "beyond the last bound nothing is known"
    assert quantile(0.5, [(1.0, 4.0), (2.0, 8.0), (math.inf, 8.0)]) == 1.0


def test_the_summary_is_what_was_counted() -> None:
    metrics = Metrics()
    for seconds in (0.2, 0.2, 0.2, 0.2):
        metrics.stage_seconds.labels("total", Leg.CLIENT).observe(seconds)
    metrics.stage_seconds.labels("total", Leg.AGENT).observe(3.0)
    metrics.requests.labels("translation").inc(4)
    metrics.errors.labels("translation").inc()
    metrics.errors.labels("speech").inc()
    metrics.ended_calls.labels(EndReason.CLIENT_HUNG_UP).inc(2)
    metrics.language_probability.observe(0.9)
    metrics.live_calls.set(3)
    found = summarise(metrics.render())
    latencies = {(each.stage, each.speaker): each.seconds for each in found.latencies}
    assert set(latencies) == {("total", Leg.CLIENT), ("total", Leg.AGENT)}
    client = latencies["total", Leg.CLIENT]
    assert (client.count, client.average) == (4, pytest.approx(0.2))
    assert client.p50 is not None
    assert client.p99 is not None
    assert 0.1 < client.p50 < client.p99 <= 0.2
    assert latencies["total", Leg.AGENT].average == pytest.approx(3.0)
    assert [(each.stage, each.requests, each.errors) for each in found.requests] == [
        ("speech", 0, 1),
        ("translation", 4, 1),
    ]
    assert found.live_calls == 3
    assert found.ended_calls[EndReason.CLIENT_HUNG_UP] == 2
    assert found.detection_confidence.count == 1


def test_before_the_first_call_there_are_no_figures() -> None:
    found = summarise(Metrics().render())
    assert (found.latencies, found.requests) == ((), ())
    assert (found.detection_confidence.count, found.detection_confidence.p50) == (0, None)


def test_several_processes_are_one_service() -> None:
    fast, slow = Metrics(), Metrics()
    for metrics, seconds in ((fast, 0.2), (slow, 3.0)):
        metrics.live_calls.set(2)
        metrics.stage_seconds.labels("total", Leg.CLIENT).observe(seconds)
        metrics.ended_calls.labels(EndReason.CLIENT_HUNG_UP).inc(3)
    found = summarise(merged([labelled(fast.render(), 0), labelled(slow.render(), 1), b""]))
    assert (found.live_calls, found.ended_calls[EndReason.CLIENT_HUNG_UP]) == (4, 6)
    (latency,) = found.latencies
    assert (latency.seconds.count, latency.seconds.average) == (2, pytest.approx(1.6))
