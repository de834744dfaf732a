"""Spans on their way to an OpenTelemetry collector: OTLP over HTTP, from a thread of the SDK's, behind a bounded queue.

Imports the SDK: to be imported only where traces are on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import Tracer
from opentelemetry.util.re import parse_env_headers

from app.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

_CAPACITY = 4096
"""Spans that may wait: five minutes of ten busy calls."""
_BATCH = 512
_PERIOD_MS = 2000
_REQUEST_TIMEOUT_S = 5.0
"""Of one batch, with the exporter's own attempts to send it again."""


class SpanExport:
    """One process's spans. ``tracer`` never blocks; what finds the queue full is counted and gone."""

    def __init__(
        self,
        endpoint: str,
        headers: str,
        resource: Mapping[str, str],
        metrics: Metrics,
        *,
        share: float = 1.0,
    ) -> None:
        """``endpoint`` is the collector's base URL, ``headers`` are as in OTEL_EXPORTER_OTLP_HEADERS.

        ``share`` of the calls is traced.
        """
        sender = OTLPSpanExporter(
            f"{endpoint}/v1/traces", headers=parse_env_headers(headers, liberal=True), timeout=_REQUEST_TIMEOUT_S
        )
        self._exporter = _CountingExporter(sender, metrics)
        self._processor = _BoundedProcessor(self._exporter, metrics)
        provider = TracerProvider(
            sampler=TraceIdRatioBased(share), resource=Resource.create(dict(resource)), shutdown_on_exit=False
        )
        provider.add_span_processor(self._processor)
        self.tracer: Tracer = provider.get_tracer("puente")

    async def aclose(self, timeout_s: float) -> None:
        """Give what waits that much time to be delivered, then give it up. Idempotent."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await asyncio.to_thread(self._processor.force_flush)
        self._exporter.shutdown()
        await asyncio.to_thread(self._processor.shutdown)


class _CountingExporter(SpanExporter):
    """Counts what becomes of the spans, and says when that changes; the SDK would log every batch."""

    def __init__(self, exporter: OTLPSpanExporter, metrics: Metrics) -> None:
        self.taken = 0
        """Spans that were handed over to be sent, written by the SDK's thread only."""
        self._exporter = exporter
        self._metrics = metrics
        self._is_failing = False
        self._is_shut_down = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.taken += len(spans)
        result = self._exporter.export(spans)
        has_failed = result is not SpanExportResult.SUCCESS
        self._metrics.spans.labels("failed" if has_failed else "exported").inc(len(spans))
        if has_failed is not self._is_failing:
            self._is_failing = has_failed
            if has_failed:
                log.warning("traces.not_exported", spans=len(spans))
            else:
                log.info("traces.exported_again", spans=len(spans))
        return result

    def shutdown(self) -> None:
        if not self._is_shut_down:
            self._is_shut_down = True
            self._exporter.shutdown()  # type: ignore[no-untyped-call]


class _BoundedProcessor(BatchSpanProcessor):
    """The SDK's, which drops without telling anybody how much."""

    def __init__(self, exporter: _CountingExporter, metrics: Metrics) -> None:
        super().__init__(exporter, _CAPACITY, _PERIOD_MS, _BATCH)
        self._counting = exporter
        self._metrics = metrics
        self._put = 0
        """Spans that were queued, written by the event loop's thread only."""

    def on_end(self, span: ReadableSpan) -> None:
        if self._put - self._counting.taken >= _CAPACITY:
            self._metrics.spans.labels("dropped").inc()
            return
        self._put += 1
        super().on_end(span)
