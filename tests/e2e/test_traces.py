"""A call as a trace: what a real collector gets of a real call, and what a collector that is away costs."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import httpx
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from tests.collector import attributes, collector
from tests.e2e.harness import AGENT_NUMBER, CLIENT_NUMBER, conversation, desk, script
from tests.e2e.sounds import babble

SPEECH = babble(1.5)
SLACK_NS = 100_000_000
"""The parties' clock counts milliseconds, and a mark is answered over the network."""


def backlog_s(metrics: httpx.Response) -> float:
    """Return how much speech waits for the agent's ear."""
    found = re.search(r'^puente_playout_backlog_seconds{listener="agent"} (\S+)$', metrics.text, flags=re.MULTILINE)
    assert found is not None
    return float(found[1])


def length_ms(span: Span) -> float:
    return (span.end_time_unix_nano - span.start_time_unix_nano) / 1e6


async def test_a_call_is_one_trace_with_a_span_for_each_clause_and_stage(tmp_path: Path) -> None:
    async with collector() as here:
        settings = {
            "otel_exporter_otlp_endpoint": here.url,
            "otel_exporter_otlp_headers": "api-key=s3cret",
            "otel_service_name": "puente-test",
        }
        async with desk(tmp_path, **settings) as at:
            await at.emulator.call(script(**conversation(SPEECH)))
            call = await at.the_call()
        (root,) = here.named("call")
        clauses = sorted(here.named("clause"), key=lambda span: span.start_time_unix_nano)

    assert len(here.spans) == 1 + 5 * len(clauses)
    assert {span.trace_id for span in here.spans} == {root.trace_id}
    assert len({span.span_id for span in here.spans}) == len(here.spans)
    assert not root.parent_span_id
    assert attributes(root) == {
        "puente.call_sid": call.call_sid,
        "puente.agent_language": "es",
        "puente.client_language": "en",
        "puente.status": "completed",
        "puente.end_reason": call.end_reason,
    }
    assert [attributes(clause)["puente.utterance"] for clause in clauses] == [each.sequence for each in call.utterances]
    for clause, utterance in zip(clauses, call.utterances, strict=True):
        assert clause.parent_span_id == root.span_id
        told = attributes(clause)
        assert told["puente.speaker"] == utterance.speaker
        assert told["puente.outcome"] == "spoken"
        assert (told["puente.source_language"], told["puente.target_language"]) == (
            utterance.source_language,
            utterance.target_language,
        )
        stages = {span.name: span for span in here.children(clause)}
        assert stages.keys() == {"recognition", "translation", "speech", "playout"}
        spoken_ns = clause.start_time_unix_nano + utterance.speech_ms * 1_000_000
        assert utterance.recognition_ms is not None
        assert utterance.total_ms is not None
        assert stages["recognition"].start_time_unix_nano == spoken_ns
        assert length_ms(stages["recognition"]) == utterance.recognition_ms
        assert stages["playout"].start_time_unix_nano == spoken_ns + utterance.total_ms * 1_000_000
        assert length_ms(stages["playout"]) > 200, "somebody heard it"
        assert length_ms(stages["translation"]) >= 90, "the scripted translator takes 100 ms"
        (first_audio,) = stages["speech"].events
        assert first_audio.name == "first_audio"
        order = [stages["translation"].end_time_unix_nano, stages["speech"].start_time_unix_nano]
        order += [first_audio.time_unix_nano, stages["playout"].start_time_unix_nano]
        assert order == sorted(order)
        for stage in stages.values():
            assert root.start_time_unix_nano <= stage.start_time_unix_nano <= stage.end_time_unix_nano
            assert stage.end_time_unix_nano <= clause.end_time_unix_nano + SLACK_NS
            assert stage.status.code != Status.STATUS_CODE_ERROR
        assert clause.end_time_unix_nano <= root.end_time_unix_nano

    (resource, *_) = here.resources
    assert resource["service.name"] == "puente-test"
    assert resource["service.version"]
    assert resource["service.instance.id"]
    assert here.headers[0]["api-key"] == "s3cret"
    written = b"".join(here.bodies)
    texts = [text for each in call.utterances for text in (each.source_text, each.translated_text)]
    for secret in (*texts, CLIENT_NUMBER, AGENT_NUMBER, CLIENT_NUMBER[1:]):
        assert secret
        assert secret.encode() not in written


async def test_a_collector_that_is_away_costs_a_call_nothing_but_a_counter(tmp_path: Path) -> None:
    async with desk(tmp_path, otel_exporter_otlp_endpoint="http://127.0.0.1:1") as at:
        calling = asyncio.create_task(at.emulator.call(script(**conversation(SPEECH))))
        async with asyncio.timeout(30):
            while backlog_s(await at.http.get("/metrics")) == 0:  # noqa: ASYNC110 - told over HTTP
                await asyncio.sleep(0.05)
        report = await calling
        call = await at.the_call()
        metrics = (await at.http.get("/metrics")).text
    assert report.is_clean
    assert 'puente_playout_backlog_seconds{listener="agent"} 0.0' in metrics
    assert "puente_mailbox_queued_events 0.0" in metrics
    assert [each.outcome for each in call.utterances] == ["spoken"] * 3
    assert 'puente_spans_total{result="exported"} 0.0' in metrics
