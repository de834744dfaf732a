"""What the metrics say in a few figures: read from Prometheus' own instruments, so that nothing is counted twice.

Percentiles are those of ``histogram_quantile``: linear inside a bucket, and no more than the last finite bound
(https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from app.domain.legs import Leg

_LIVE, _ENDED, _REFUSED = "puente_calls_live", "puente_calls_ended", "puente_calls_refused"
_STAGES, _LANGUAGE = "puente_stage_seconds", "puente_language_probability"
_REQUESTS, _ERRORS = "puente_provider_requests", "puente_provider_errors"
_PREFIXES = tuple(
    f"{comment}{name}"
    for comment in ("", "# HELP ", "# TYPE ")
    for name in (_LIVE, _ENDED, _REFUSED, _STAGES, _LANGUAGE, _REQUESTS, _ERRORS)
)
"""What the rest of the page is not parsed for."""

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


def summarise(page: bytes) -> Summary:
    """Return the figures of a page of metrics in Prometheus' text format, of one process or of several together."""
    lines = (line for line in page.decode().splitlines() if line.startswith(_PREFIXES))
    families = {family.name: family for family in text_string_to_metric_families("\n".join(lines) + "\n")}
    requests, errors = (_counts(families, name, "stage") for name in (_REQUESTS, _ERRORS))
    stages = _distributions(families, _STAGES, "stage", "speaker")
    return Summary(
        live_calls=_counts(families, _LIVE).get((), 0),
        ended_calls={reason: count for (reason,), count in _counts(families, _ENDED, "reason").items()},
        refused_calls={reason: count for (reason,), count in _counts(families, _REFUSED, "reason").items()},
        latencies=tuple(StageLatency(stage, Leg(speaker), each) for (stage, speaker), each in sorted(stages.items())),
        requests=tuple(
            StageRequests(stage[0], requests.get(stage, 0), errors.get(stage, 0))
            for stage in sorted({*requests, *errors})
        ),
        detection_confidence=_distributions(families, _LANGUAGE).get((), _distribution([], 0.0)),
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


def _distributions(families: Mapping[str, Metric], name: str, *labels: str) -> dict[tuple[str, ...], Distribution]:
    """Return a histogram's distributions by the values of these labels, whatever else it is divided by."""
    buckets: defaultdict[tuple[str, ...], defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    sums: defaultdict[tuple[str, ...], float] = defaultdict(float)
    for sample in _samples(families, name):
        key = tuple(sample.labels[label] for label in labels)
        if sample.name == f"{name}_bucket":
            buckets[key][float(sample.labels["le"])] += sample.value
        elif sample.name == f"{name}_sum":
            sums[key] += sample.value
    return {key: _distribution(list(found.items()), sums[key]) for key, found in buckets.items()}


def _counts(families: Mapping[str, Metric], name: str, *labels: str) -> dict[tuple[str, ...], int]:
    """Return a counter's or a gauge's values by the values of these labels."""
    counts: Counter[tuple[str, ...]] = Counter()
    for sample in _samples(families, name):
        if sample.name in (name, f"{name}_total"):
            counts[tuple(sample.labels[label] for label in labels)] += int(sample.value)
    return dict(counts)


def _samples(families: Mapping[str, Metric], name: str) -> Iterable[Sample]:
    return families[name].samples if name in families else ()
