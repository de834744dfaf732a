"""What the metrics say in a few figures: read from Prometheus' own instruments, so that nothing is counted twice.

Percentiles are those of ``histogram_quantile``: linear inside a bucket, and no more than the last finite bound
(https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import Metric

from app.domain.legs import Leg
from app.telemetry.metrics import Metrics

Bucket = tuple[float, float]
"""An upper bound, and how many observations are not above it."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Of observations since the process started; None where there were none."""

    count: int
    average: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class StageLatency:
    stage: str
    speaker: Leg
    seconds: Distribution


@dataclass(frozen=True, slots=True)
class StageRequests:
    stage: str
    requests: int
    errors: int


@dataclass(frozen=True, slots=True)
class Summary:
    live_calls: int
    ended_calls: Mapping[str, int]
    """By reason."""
    refused_calls: Mapping[str, int]
    """By reason."""
    latencies: tuple[StageLatency, ...]
    requests: tuple[StageRequests, ...]
    detection_confidence: Distribution


def summarise(metrics: Metrics, live_calls: int) -> Summary:
    """Return the figures of now."""
    requests, errors = _counts(metrics.requests), _counts(metrics.errors)
    return Summary(
        live_calls=live_calls,
        ended_calls=_counts(metrics.ended_calls),
        refused_calls=_counts(metrics.refused_calls),
        latencies=tuple(
            StageLatency(stage, Leg(speaker), distribution)
            for (stage, speaker), distribution in sorted(
                _distributions(metrics.stage_seconds, "stage", "speaker").items()
            )
        ),
        requests=tuple(
            StageRequests(stage, requests.get(stage, 0), errors.get(stage, 0)) for stage in sorted({*requests, *errors})
        ),
        detection_confidence=_distributions(metrics.language_probability).get((), _distribution([], 0.0)),
    )


def quantile(share: float, buckets: Iterable[Bucket]) -> float | None:
    """Return the value that this share of the observations is not above; None where there are none."""
    ordered = sorted(buckets)
    total = ordered[-1][1] if ordered else 0.0
    if not total:
        return None
    rank, lower, below = share * total, 0.0, 0.0
    for bound, cumulated in ordered:
        if cumulated >= rank and cumulated > below:
            if math.isinf(bound):
                return lower
            return min(bound, lower + (bound - lower) * (rank - below) / (cumulated - below))
        lower, below = bound, cumulated
    return lower


def _distribution(buckets: list[Bucket], total: float) -> Distribution:
    count = max((cumulated for _, cumulated in buckets), default=0.0)
    return Distribution(
        count=int(count),
        average=total / count if count else None,
        p50=quantile(0.5, buckets),
        p95=quantile(0.95, buckets),
        p99=quantile(0.99, buckets),
    )


def _distributions(histogram: Histogram, *names: str) -> dict[tuple[str, ...], Distribution]:
    """Return a histogram's distributions by the values of its labels."""
    buckets: dict[tuple[str, ...], list[Bucket]] = {}
    sums: dict[tuple[str, ...], float] = {}
    for sample in _only(histogram.collect()).samples:
        bound = sample.labels.get("le")
        labels = tuple(sample.labels[name] for name in names)
        if bound is not None:
            buckets.setdefault(labels, []).append((float(bound), sample.value))
        elif sample.name.endswith("_sum"):
            sums[labels] = sample.value
    return {labels: _distribution(buckets[labels], sums[labels]) for labels in buckets}


def _counts(counter: Counter) -> dict[str, int]:
    """Return a counter's values by its only label."""
    return {
        value: int(sample.value)
        for sample in _only(counter.collect()).samples
        if sample.name.endswith("_total")
        for value in sample.labels.values()
    }


def _only(collected: Iterable[Metric]) -> Metric:
    (metric,) = collected
    return metric
