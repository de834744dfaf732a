"""The metrics in a few figures, as JSON."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field

from app.domain.legs import Leg
from app.telemetry.summary import Distribution, Summary


class DistributionView(BaseModel):
    """Percentiles are estimated inside Prometheus' buckets, up to the last bound; null where the count is 0."""

    count: int
    average: float | None
    p50: float | None
    p95: float | None
    p99: float | None

    @classmethod
    def of(cls, found: Distribution) -> Self:
        return cls(count=found.count, average=found.average, p50=found.p50, p95=found.p95, p99=found.p99)


class LatencyView(BaseModel):
    stage: str = Field(
        description="recognition (end of speech to commit), translation, synthesis (to first audio), queue, total",
        examples=["total"],
    )
    speaker: Leg = Field(description="The direction is named by who speaks.")
    seconds: DistributionView


class RequestsView(BaseModel):
    stage: str = Field(examples=["translation"])
    requests: int
    errors: int
    error_rate: float | None = Field(description="errors / requests; null where nothing was asked.")


class MetricsView(BaseModel):
    """Since the process started, except `active_sessions`, which is now."""

    active_sessions: int
    ended_calls: dict[str, int] = Field(description="By reason.")
    refused_calls: dict[str, int] = Field(description="By reason: they heard an apology.")
    latencies: list[LatencyView]
    requests: list[RequestsView]
    detection_confidence: DistributionView = Field(
        description="How sure the recogniser was of the client's language, 0 to 1, by utterance."
    )

    @classmethod
    def of(cls, found: Summary) -> Self:
        return cls(
            active_sessions=found.live_calls,
            ended_calls=dict(found.ended_calls),
            refused_calls=dict(found.refused_calls),
            latencies=[
                LatencyView(stage=each.stage, speaker=each.speaker, seconds=DistributionView.of(each.seconds))
                for each in found.latencies
            ],
            requests=[
                RequestsView(
                    stage=each.stage,
                    requests=each.requests,
                    errors=each.errors,
                    error_rate=each.errors / each.requests if each.requests else None,
                )
                for each in found.requests
            ],
            detection_confidence=DistributionView.of(found.detection_confidence),
        )
