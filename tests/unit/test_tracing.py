"""Calls that go wrong, as traces: each reported clause is one span, whatever became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from app.core.call import CallCore
from app.domain.commands import Command, ReportUtterance
from app.domain.events import (
    EndRequested,
    Event,
    MarkReached,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import EndReason, Leg
from app.domain.policies import Overlap
from app.runtime.tracing import Tracing
from tests.unit.core_driver import CoreDriver, call_config

SECOND = b"\x20" * 8000
STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "my number is four two"


@dataclass(frozen=True)
class Call:
    """What a trace takes from a session."""

    id: str = "session"
    call_sid: str = "CA" + "1" * 32
    agent_language: str = "es"
    started_at: datetime = STARTED_AT


@dataclass
class TracedDriver(CoreDriver):
    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    def __post_init__(self) -> None:
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracing = Tracing(provider.get_tracer("test"))
        self.reported = 0

    def give(self, event: Event, at_ms: int | None = None) -> list[Command]:
        commands = super().give(event, at_ms)
        self.tracing.observe(Call(), event, commands, self.now_ms)
        self.reported += sum(isinstance(each, ReportUtterance) and not each.is_amended for each in commands)
        return commands

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def finish(self) -> None:
        """End the call; whatever happened, its spans are whole."""
        self.give(EndRequested(EndReason.ADMINISTRATOR))
        (root,) = self.spans("call")
        spans = self.exporter.get_finished_spans()
        assert len(self.spans("clause")) == self.reported
        assert len({span.attributes["puente.utterance"] for span in self.spans("clause")}) == self.reported
        assert {span.context.trace_id for span in spans} == {root.context.trace_id}
        for span in spans:
            assert root.start_time <= span.start_time <= span.end_time <= root.end_time, span.name
            assert SECRET not in span.to_json()


def driver(overlap: Overlap = Overlap.KEEP) -> TracedDriver:
    made = TracedDriver(CallCore(call_config(overlap={Leg.CLIENT: Overlap.KEEP, Leg.AGENT: overlap})))
    made.connect()
    return made


def say(at: TracedDriver, number: int) -> None:
    at.say(Leg.CLIENT)
    at.final(Leg.CLIENT, number, f"{SECRET} {number}.", "en")


def seconds(span: ReadableSpan) -> float:
    return (span.end_time - span.start_time) / 1e9


def test_what_cannot_be_translated_is_an_error_with_its_code() -> None:
    at = driver()
    say(at, 1)
    at.give(TranslationFailed(1, "throttled"))
    (clause,), (translation,) = at.spans("clause"), at.spans("translation")
    for span in (clause, translation):
        assert span.status.status_code is StatusCode.ERROR
        assert span.attributes["error.type"] == "throttled"
    assert clause.attributes["puente.outcome"] == "untranslated"
    assert not at.spans("playout")
    at.finish()


def test_a_voice_that_fails_is_an_error_of_its_own_stage() -> None:
    at = driver()
    say(at, 1)
    at.give(TranslationReady(1, SECRET))
    at.give(SpeechFailed(1, "closed-1011"))
    (clause,), (translation,), (speech,) = at.spans("clause"), at.spans("translation"), at.spans("speech")
    assert translation.status.status_code is StatusCode.UNSET
    assert speech.attributes["error.type"] == clause.attributes["error.type"] == "closed-1011"
    assert speech.parent.span_id == clause.context.span_id
    at.finish()


def test_a_clause_lasts_until_its_listener_has_heard_it() -> None:
    at = driver()
    say(at, 1)
    at.give(TranslationReady(1, SECRET))
    at.wait(300)
    at.give(SpeechReady(1, SECOND))
    at.wait(100)
    at.give(SpeechReady(1, SECOND))
    at.give(SpeechFinished(1))
    at.wait(2400)
    assert not at.spans("clause"), "it is still to be heard, for all that anybody knows"
    at.give(MarkReached(Leg.AGENT, "clause-1-end"))
    (clause,), (playout,), (speech,) = at.spans("clause"), at.spans("playout"), at.spans("speech")
    assert 2.0 <= seconds(playout) <= 2.6
    assert clause.end_time == playout.end_time
    (first_audio,) = speech.events
    assert (first_audio.timestamp - speech.start_time) / 1e9 == 0.3
    at.finish()


def test_an_interrupted_clause_says_how_much_was_heard() -> None:
    at = driver(Overlap.STOP)
    say(at, 1)
    at.give(TranslationReady(1, SECRET))
    at.give(SpeechReady(1, SECOND * 5))
    at.give(SpeechFinished(1))
    at.wait(1000)
    at.hear(Leg.AGENT, [True] * 100)
    (clause,), (playout,) = at.spans("clause"), at.spans("playout")
    assert clause.attributes["puente.outcome"] == "interrupted"
    assert 500 <= playout.attributes["puente.heard_ms"] < 3500
    at.finish()


def test_calls_may_end_with_clauses_on_their_way() -> None:
    at = driver()
    for number in (1, 2, 3):
        say(at, number)
    at.give(TranslationReady(1, SECRET))
    at.give(TranslationReady(2, SECRET))
    at.give(SpeechReady(1, SECOND))
    at.wait(100)
    at.finish()
    assert at.reported == 3
    (playout,) = at.spans("playout")
    assert seconds(playout) >= 0.1


def test_a_call_that_crashes_is_an_error_and_nothing_of_it_is_kept() -> None:
    at = driver()
    at.give(EndRequested(EndReason.INTERNAL_ERROR))
    (root,) = at.spans("call")
    assert root.attributes["puente.end_reason"] == root.attributes["error.type"] == "internal-error"
    assert root.status.status_code is StatusCode.ERROR
    assert not at.tracing._traces
