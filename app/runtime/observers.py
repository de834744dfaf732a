"""What is done with a call's traffic besides the call: rows, metrics and logs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.domain.commands import (
    Command,
    DialInterpreter,
    EndCall,
    LeaveDirect,
    ReportCatchUp,
    ReportControl,
    ReportEcho,
    ReportLanguage,
    ReportMissingFinal,
    ReportSpeculation,
    ReportStatus,
    ReportUtterance,
    Speak,
    Translate,
)
from app.domain.events import (
    DirectFailed,
    Event,
    InterpreterStatusChanged,
    LegStatusChanged,
    NotMovedToConference,
    PolicyChanged,
    RecogniserLost,
    SpeechFailed,
    StreamOpened,
    TranscriptHeard,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.policies import Transcripts
from app.domain.records import CallChanged, CallEnded, CommitReason, LegChanged, UtteranceFinished
from app.domain.usage import Stage
from app.privacy.transcripts import TranscriptKeeper, kept_text
from app.runtime.leg import Tally
from app.runtime.session import Session
from app.store.recorder import Recorder
from app.telemetry.metrics import Metrics


class Recording:
    """Writes the facts of a call, through the recorder's queue."""

    def __init__(self, recorder: Recorder, transcripts: Transcripts) -> None:
        self._recorder = recorder
        self._transcripts = transcripts
        self._keepers: dict[str, TranscriptKeeper] = {}
        """By call."""

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        at = session.started_at + timedelta(milliseconds=now_ms)
        match event:
            case LegStatusChanged(leg, status):
                self._leg(session, leg, at, status)
                if leg is Leg.AGENT and status is LegStatus.QUEUED:
                    self._recorder.record(
                        CallChanged(session.call_sid, agent_call_sid=session.telephones.leg_call_sid(leg))
                    )
            case StreamOpened(leg):
                self._leg(session, leg, at, LegStatus.IN_PROGRESS)
            case _:
                pass
        for command in commands:
            match command:
                case ReportStatus(call_status, client_language):
                    answered_at = (
                        at if call_status is CallStatus.IN_PROGRESS and isinstance(event, StreamOpened) else None
                    )
                    self._recorder.record(
                        CallChanged(
                            session.call_sid, call_status, client_language=client_language, answered_at=answered_at
                        )
                    )
                case ReportUtterance(utterance):
                    keeper = self._keepers.setdefault(session.call_sid, TranscriptKeeper(self._transcripts))
                    for kept in keeper.keep(utterance):
                        self._recorder.record(UtteranceFinished(session.call_sid, kept))
                case EndCall(call_status, reason):
                    self._keepers.pop(session.call_sid, None)
                    for leg in Leg:
                        if session.stream_sid(leg) is not None:
                            self._leg(session, leg, at, LegStatus.COMPLETED)
                    self._recorder.record(CallEnded(session.call_sid, call_status, reason, at))
                case _:
                    pass

    def _leg(self, session: Session, leg: Leg, at: datetime, status: LegStatus) -> None:
        self._recorder.record(
            LegChanged(
                session.call_sid,
                leg,
                at,
                leg_call_sid=session.telephones.leg_call_sid(leg),
                stream_sid=session.stream_sid(leg),
                status=status,
            )
        )


class Measuring:
    """Counts a call's traffic."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        metrics = self._metrics
        match event:
            case TranscriptHeard(Leg.CLIENT, transcript) if transcript.is_final and transcript.language is not None:
                metrics.language_probability.observe(transcript.language_probability)
            case TranslationReady(check=check, misses=misses):
                metrics.meaning_checks.labels(check).inc()
                for kind in misses:
                    metrics.meaning_misses.labels(kind).inc()
            case TranslationFailed():
                metrics.errors.labels("translation").inc()
            case SpeechFailed():
                metrics.errors.labels("speech").inc()
            case RecogniserLost():
                metrics.errors.labels("recognition").inc()
            case DirectFailed():
                metrics.errors.labels(Stage.SPEECH_TO_SPEECH).inc()
            case _:
                pass
        for command in commands:
            match command:
                case Translate(is_ahead=is_ahead):
                    metrics.requests.labels("translation").inc()
                    metrics.speculations.labels(Stage.TRANSLATION, "called").inc(is_ahead)
                case ReportSpeculation(_, stage, speculation):
                    metrics.speculations.labels(stage, speculation).inc()
                case ReportMissingFinal(leg, missing):
                    metrics.missing_finals.labels(leg, missing).inc()
                case LeaveDirect(is_fault=True):
                    metrics.errors.labels(Stage.SPEECH_TO_SPEECH).inc()
                case Speak(is_ahead=is_ahead):
                    metrics.requests.labels("speech").inc()
                    metrics.speculations.labels(Stage.SPEECH, "called").inc(is_ahead)
                case ReportLanguage():
                    metrics.language(command)
                case ReportControl(leg, digit, control):
                    action = control.action if control else "passed-on"
                    metrics.controls.labels(leg, action, "key" if digit else "voice").inc()
                case ReportUtterance(utterance, is_amended=True):
                    metrics.interruptions.labels(utterance.speaker.other).inc()
                case ReportUtterance(utterance):
                    is_direct = utterance.commit_reason is CommitReason.DIRECT
                    metrics.requests.labels(Stage.SPEECH_TO_SPEECH if is_direct else Stage.RECOGNITION).inc()
                    metrics.utterance(utterance)
                case ReportCatchUp():
                    metrics.catch_up(command)
                case ReportEcho(leg):
                    metrics.dropped_echoes.labels(leg).inc()
                case DialInterpreter():
                    metrics.hand_overs.labels("requested").inc()
                case EndCall(_, reason):
                    if reason is EndReason.HANDED_OVER:
                        metrics.hand_overs.labels("completed").inc()
                    metrics.ended_calls.labels(reason).inc()
                    metrics.dropped_frames.inc(session.mailbox.dropped_frames)
                    for leg in Leg:
                        self._tally(session.tally(leg), leg)
                case _:
                    pass

    def _tally(self, tally: Tally, leg: Leg) -> None:
        self._metrics.lost_audio_seconds.labels(leg).inc(tally.lost_audio_ms / 1000)
        self._metrics.echo_seconds.labels(leg).inc(tally.echo_ms / 1000)
        self._metrics.odd_messages.labels("malformed").inc(tally.malformed)
        self._metrics.odd_messages.labels("unknown").inc(tally.unknown)


class Logging:
    """Says what a call did, never what was said."""

    def __init__(self, transcripts: Transcripts) -> None:
        self._transcripts = transcripts
        """What ``pii_`` keys may say."""

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        match event:
            case LegStatusChanged(leg, status):
                session.log.info("leg.status", leg=leg, status=status)
            case InterpreterStatusChanged(status):
                session.log.info("interpreter.status", status=status)
            case NotMovedToConference(moved):
                session.log.error("call.not_moved", moved=moved)
            case StreamOpened(leg):
                session.log.info("leg.connected", leg=leg, stream_sid=session.stream_sid(leg), at_ms=now_ms)
            case PolicyChanged(leg, listening, overlap):
                session.log.info("policy.changed", leg=leg, listening=listening, overlap=overlap, at_ms=now_ms)
            case TranslationFailed(clause, code):
                session.log.warning("clause.untranslated", clause=clause, code=code)
            case SpeechFailed(clause, code):
                session.log.warning("clause.unspoken", clause=clause, code=code)
            case DirectFailed(leg, code):
                session.log.warning("direct.failed", leg=leg, code=code, at_ms=now_ms)
            case _:
                pass
        for command in commands:
            match command:
                case ReportLanguage(reason, language, previous):
                    session.log.info(
                        "language.changed", reason=reason, language=language, previous=previous, at_ms=now_ms
                    )
                case ReportUtterance(record, is_amended=True):
                    session.log.info(
                        "utterance.interrupted",
                        utterance=record.sequence,
                        speaker=record.speaker,
                        heard_ms=record.heard_ms,
                    )
                case ReportUtterance(record):
                    session.log.info(
                        "utterance.interpreted",
                        utterance=record.sequence,
                        speaker=record.speaker,
                        source_language=record.source_language,
                        target_language=record.target_language,
                        outcome=record.outcome,
                        source_chars=len(record.source_text),
                        recognition_ms=record.recognition_ms,
                        translation_ms=record.translation_ms,
                        synthesis_ms=record.synthesis_ms,
                        queue_ms=record.queue_ms,
                        total_ms=record.total_ms,
                        error_code=record.error_code,
                        flags=record.flags,
                        commit_reason=record.commit_reason,
                        pii_source=kept_text(self._transcripts, record.source_text, record.source_language),
                        pii_translation=kept_text(self._transcripts, record.translated_text, record.target_language),
                    )
                case ReportControl(leg, digit, control):
                    action = control.action if control else None
                    session.log.info("control.used", leg=leg, by="key" if digit else "voice", action=action)
                case LeaveDirect(leg, code):
                    session.log.warning("direct.left", leg=leg, code=code, at_ms=now_ms)
                case ReportEcho(leg):
                    session.log.info("echo.dropped", leg=leg)
                case EndCall(call_status, reason):
                    session.log.info("call.ended", status=call_status, reason=reason, seconds=now_ms // 1000)
                case _:
                    pass
