"""A call's traffic as a trace: a span for the call, one for each clause, and one for each stage that it went through.

Imports OpenTelemetry: to be imported only where traces are on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from opentelemetry.context import Context
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from app.core.playout import mark_name
from app.domain.commands import Command, EndCall, ReportLanguage, ReportUtterance, Speak, Translate
from app.domain.events import (
    Event,
    MarkReached,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import CallStatus, EndReason
from app.domain.records import Outcome, UtteranceRecord
from app.runtime.session import Session

_MAXIMUM_CLAUSES = 64
"""Of one call: clauses whose stages are remembered. Translations ahead that were never used stay until then."""
_FAILED = frozenset({Outcome.UNTRANSLATED, Outcome.UNSPOKEN})
_BROKEN = frozenset({EndReason.INTERNAL_ERROR, EndReason.CLIENT_STREAM_LOST, EndReason.AGENT_STREAM_LOST})
"""Why calls end in which the parties had talked, and that nobody wanted to end."""


@dataclass(slots=True)
class _Stage:
    """Something that was asked of a provider. Times are on the call's clock."""

    name: str
    began_ms: int
    is_ahead: bool
    """Whether the speaker had not finished."""
    ended_ms: int | None = None
    first_audio_ms: int | None = None
    error_code: str | None = None


@dataclass(slots=True)
class _Heard:
    """A clause that its listener began to hear."""

    record: UtteranceRecord
    stages: list[_Stage]
    began_ms: int


@dataclass(slots=True)
class _Trace:
    """One live call's."""

    span: Span
    started_ns: int
    """Since 1970."""
    stages: OrderedDict[int, list[_Stage]] = field(default_factory=OrderedDict)
    """By clause, until it is reported."""
    heard: dict[int, _Heard] = field(default_factory=dict)
    """By clause, until its sound is over."""

    def at_ns(self, at_ms: int) -> int:
        return self.started_ns + at_ms * 1_000_000


class Tracing:
    """An observer that makes spans, of what was done and how long it took and never of what was said."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer
        self._traces: dict[str, _Trace] = {}

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        trace = self._traces.get(session.id) or self._begin(session)
        self._note(trace, event, now_ms)
        for command in commands:
            match command:
                case Translate(clause, is_ahead=is_ahead):
                    _remember(trace, clause, _Stage("translation", now_ms, is_ahead))
                case Speak(clause, is_ahead=is_ahead, is_own=False):
                    _remember(trace, clause, _Stage("speech", now_ms, is_ahead))
                case ReportUtterance(record, is_amended, clause):
                    self._report(trace, record, clause, now_ms, is_amended=is_amended)
                case ReportLanguage(_, language):
                    trace.span.set_attribute("puente.client_language", language)
                case EndCall():
                    self._end(session, trace, command, now_ms)
                case _:
                    pass
        if isinstance(event, MarkReached):
            self._played(trace, event, now_ms)

    def _begin(self, session: Session) -> _Trace:
        started_ns = int(session.started_at.timestamp() * 1000) * 1_000_000
        span = self._tracer.start_span(
            "call",
            context=Context(),
            kind=SpanKind.SERVER,
            start_time=started_ns,
            attributes={"puente.call_sid": session.call_sid, "puente.agent_language": session.agent_language},
        )
        trace = self._traces[session.id] = _Trace(span, started_ns)
        return trace

    def _note(self, trace: _Trace, event: Event, now_ms: int) -> None:
        """See how far providers are with a clause."""
        match event:
            case TranslationReady(clause):
                _finish(trace, clause, "translation", now_ms)
            case TranslationFailed(clause, code):
                _finish(trace, clause, "translation", now_ms, code)
            case SpeechReady(clause):
                stage = _find(trace, clause, "speech")
                if stage is not None and stage.first_audio_ms is None:
                    stage.first_audio_ms = now_ms
            case SpeechFinished(clause):
                _finish(trace, clause, "speech", now_ms)
            case SpeechFailed(clause, code):
                _finish(trace, clause, "speech", now_ms, code)
            case _:
                pass

    def _report(self, trace: _Trace, record: UtteranceRecord, clause: int, now_ms: int, *, is_amended: bool) -> None:
        if is_amended:
            heard = trace.heard.pop(clause, None)
            stages = heard.stages if heard is not None else []
        else:
            stages = trace.stages.pop(clause, [])
            if record.outcome is Outcome.SPOKEN and len(trace.heard) < _MAXIMUM_CLAUSES:
                trace.heard[clause] = _Heard(record, stages, now_ms)
                return
        self._clause(trace, record, stages, now_ms)

    def _played(self, trace: _Trace, event: MarkReached, now_ms: int) -> None:
        """A clause was heard to its end, and so was what was spoken together with it."""
        over = next((heard for clause, heard in trace.heard.items() if event.name == mark_name(clause)), None)
        if over is None:
            return
        for clause, heard in list(trace.heard.items()):
            if heard.began_ms <= over.began_ms and heard.record.speaker is over.record.speaker:
                del trace.heard[clause]
                self._clause(trace, heard.record, heard.stages, now_ms)

    def _clause(self, trace: _Trace, record: UtteranceRecord, stages: list[_Stage], now_ms: int) -> None:
        began_ns = int(record.started_at.timestamp() * 1000) * 1_000_000
        spoken_ns = began_ns + record.speech_ms * 1_000_000
        span = self._child(
            trace.span,
            "clause",
            began_ns,
            {
                "puente.utterance": record.sequence,
                "puente.speaker": record.speaker,
                "puente.source_language": record.source_language,
                "puente.target_language": record.target_language,
                "puente.outcome": record.outcome,
                "puente.commit_reason": record.commit_reason,
                "puente.source_chars": len(record.source_text),
                "puente.flags": [str(flag) for flag in record.flags],
            },
        )
        if record.recognition_ms is not None:
            recognition = self._child(span, "recognition", spoken_ns)
            recognition.end(spoken_ns + record.recognition_ms * 1_000_000)
        for stage in stages:
            self._stage(trace, span, stage, now_ms)
        if record.total_ms is not None:
            playout = self._child(span, "playout", spoken_ns + record.total_ms * 1_000_000)
            if record.heard_ms is not None:
                playout.set_attribute("puente.heard_ms", record.heard_ms)
            playout.end(max(trace.at_ns(now_ms), spoken_ns + record.total_ms * 1_000_000))
        _fail(span, record.error_code if record.outcome in _FAILED else None)
        span.end(trace.at_ns(now_ms))

    def _stage(self, trace: _Trace, clause: Span, stage: _Stage, now_ms: int) -> None:
        span = self._child(clause, stage.name, trace.at_ns(stage.began_ms), {"puente.is_ahead": stage.is_ahead})
        if stage.first_audio_ms is not None:
            span.add_event("first_audio", timestamp=trace.at_ns(stage.first_audio_ms))
        _fail(span, stage.error_code)
        span.end(trace.at_ns(now_ms if stage.ended_ms is None else stage.ended_ms))

    def _child(
        self, parent: Span, name: str, began_ns: int, attributes: dict[str, AttributeValue] | None = None
    ) -> Span:
        context = set_span_in_context(parent, Context())
        return self._tracer.start_span(name, context=context, start_time=began_ns, attributes=attributes)

    def _end(self, session: Session, trace: _Trace, end: EndCall, now_ms: int) -> None:
        for heard in trace.heard.values():
            self._clause(trace, heard.record, heard.stages, now_ms)
        trace.span.set_attributes({"puente.status": end.status, "puente.end_reason": end.reason})
        _fail(trace.span, end.reason if end.status is CallStatus.FAILED or end.reason in _BROKEN else None)
        trace.span.end(trace.at_ns(now_ms))
        del self._traces[session.id]


def _remember(trace: _Trace, clause: int, stage: _Stage) -> None:
    trace.stages.setdefault(clause, []).append(stage)
    if len(trace.stages) > _MAXIMUM_CLAUSES:
        trace.stages.popitem(last=False)


def _find(trace: _Trace, clause: int, name: str) -> _Stage | None:
    """Return the latest stage of that name of a clause, whether it is heard already or not."""
    heard = trace.heard.get(clause)
    stages = heard.stages if heard is not None else trace.stages.get(clause, [])
    return next((stage for stage in reversed(stages) if stage.name == name), None)


def _finish(trace: _Trace, clause: int, name: str, now_ms: int, error_code: str | None = None) -> None:
    stage = _find(trace, clause, name)
    if stage is not None:
        stage.ended_ms, stage.error_code = now_ms, error_code


def _fail(span: Span, error_code: str | None) -> None:
    if error_code is not None:
        span.set_attribute(ERROR_TYPE, error_code)
        span.set_status(Status(StatusCode.ERROR))
