"""Spans on their way to a collector: bounded, counted, given up in time."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from opentelemetry.trace import Tracer

from app.config import PROJECT_ROOT
from app.telemetry.metrics import Metrics
from app.telemetry.traces import SpanExport
from tests.collector import collector

PATIENCE_S = 60
CAPACITY = 4096


def count(metrics: Metrics, result: str) -> float:
    value = metrics.registry.get_sample_value("puente_spans_total", {"result": result})
    assert value is not None
    return value


def export_to(url: str, metrics: Metrics, share: float = 1.0) -> SpanExport:
    return SpanExport(url, "", {"service.name": "test"}, metrics, share=share)


def make_spans(tracer: Tracer, number: int) -> None:
    for _ in range(number):
        tracer.start_span("span").end()


async def test_what_waits_is_delivered_at_the_end() -> None:
    metrics = Metrics()
    async with collector() as here:
        export = export_to(here.url, metrics)
        make_spans(export.tracer, 700)
        await export.aclose(PATIENCE_S)
        await export.aclose(PATIENCE_S)
        assert len(here.spans) == 700
    assert (count(metrics, "exported"), count(metrics, "failed"), count(metrics, "dropped")) == (700, 0, 0)


async def test_what_was_delivered_makes_room() -> None:
    metrics = Metrics()
    async with collector() as here:
        export = export_to(here.url, metrics)
        for rounds in range(1, 4):
            make_spans(export.tracer, CAPACITY // 2)
            async with asyncio.timeout(PATIENCE_S):
                while count(metrics, "exported") < rounds * (CAPACITY // 2):  # noqa: ASYNC110 - the state is a metric
                    await asyncio.sleep(0.02)
        await export.aclose(PATIENCE_S)
    assert count(metrics, "dropped") == 0


async def test_a_collector_that_says_nothing_neither_blocks_nor_fills_the_memory() -> None:
    metrics = Metrics()
    async with collector() as here:
        here.hangs = True
        export = export_to(here.url, metrics)
        make_spans(export.tracer, 3 * CAPACITY)
        assert count(metrics, "dropped") >= CAPACITY
        await export.aclose(0.2)
    total = count(metrics, "exported") + count(metrics, "failed") + count(metrics, "dropped")
    assert total == 3 * CAPACITY, "every span is accounted for"


async def test_a_collector_that_refuses_is_counted_and_asked_again() -> None:
    metrics = Metrics()
    async with collector() as here:
        here.status = 400
        export = export_to(here.url, metrics)
        make_spans(export.tracer, 10)
        async with asyncio.timeout(PATIENCE_S):
            while count(metrics, "failed") < 10:  # noqa: ASYNC110 - the state is a metric
                await asyncio.sleep(0.02)
        here.status = 200
        make_spans(export.tracer, 10)
        await export.aclose(PATIENCE_S)
        assert len(here.spans) == 10
    assert (count(metrics, "exported"), count(metrics, "failed")) == (10, 10)


async def test_calls_that_are_not_in_the_share_are_not_traced() -> None:
    metrics = Metrics()
    async with collector() as here:
        export = export_to(here.url, metrics, share=0.0)
        make_spans(export.tracer, 10)
        await export.aclose(PATIENCE_S)
        assert not here.spans


def test_without_a_collector_the_sdk_is_not_loaded() -> None:
    program = (
        "import sys\n"
        "from app.config import Settings\n"
        "from app.composition import create_app\n"
        "scripted = dict.fromkeys(('stt_provider', 'translation_provider', 'tts_provider'), 'scripted')\n"
        "create_app(Settings(_env_file=None, **scripted))\n"
        "sys.exit(any(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for name in sys.modules))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=PROJECT_ROOT, capture_output=True, timeout=120)
    assert result.returncode == 0, result.stderr.decode()
