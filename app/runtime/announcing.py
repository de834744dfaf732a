"""A call's traffic as the outside is told of it: numbered events for every sink."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

from app.domain.commands import Command, EndCall, ReportControl, ReportStatus, ReportUtterance
from app.domain.events import Event, PolicyChanged, TranscriptHeard
from app.domain.legs import CallStatus
from app.domain.records import UtteranceRecord
from app.runtime.session import Session
from app.telemetry.call_events import (
    CallEndedEvent,
    CallEvent,
    CallStartedEvent,
    CallStatusEvent,
    CaptionEvent,
    KeyPressedEvent,
    LanguageChangedEvent,
    PartialCaption,
    PolicyChangedEvent,
    VoiceCommandEvent,
)


class EventSink(Protocol):
    """Takes call events somewhere else."""

    def take(self, event: CallEvent) -> None:
        """Take one event; never blocks and never raises."""


class Announcing:
    """An observer that tells the sinks."""

    def __init__(self, sinks: tuple[EventSink, ...]) -> None:
        self._sinks = sinks
        self._calls: dict[str, _Announcer] = {}

    def started(self, session: Session) -> None:
        """A call begins; to be called before its first traffic."""
        announcer = self._calls[session.call_sid] = _Announcer(session)
        self._tell(announcer.started(session.agent_language))

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        announcer = self._calls.get(session.call_sid)
        if announcer is None:
            return
        at = session.started_at + timedelta(milliseconds=now_ms)
        if isinstance(event, TranscriptHeard) and event.transcript.text:
            self._tell(announcer.partial(event, at))
        elif isinstance(event, PolicyChanged):
            self._tell(announcer.policy(event, at))
        for command in commands:
            match command:
                case ReportStatus():
                    self._tell(*announcer.status(command, at))
                case ReportUtterance(record):
                    self._tell(announcer.caption(record, at))
                case ReportControl():
                    self._tell(announcer.control(command, at))
                case EndCall():
                    del self._calls[session.call_sid]
                    self._tell(announcer.ended(command, at))
                case _:
                    pass

    def _tell(self, *events: CallEvent) -> None:
        for event in events:
            for sink in self._sinks:
                sink.take(event)


class _Announcer:
    """One call's events, numbered; it remembers what the outside knows already."""

    def __init__(self, session: Session) -> None:
        self._call_sid = session.call_sid
        self._started_at = session.started_at
        self._sequences = count(1)
        self._status: CallStatus | None = None
        self._language: str | None = None

    def started(self, agent_language: str) -> CallStartedEvent:
        return CallStartedEvent(
            call_sid=self._call_sid,
            at=self._started_at,
            sequence=next(self._sequences),
            agent_language=agent_language,
        )

    def partial(self, event: TranscriptHeard, at: datetime) -> PartialCaption:
        transcript = event.transcript
        return PartialCaption(
            call_sid=self._call_sid,
            at=at,
            speaker=event.leg,
            utterance=transcript.utterance,
            text=transcript.text,
            language=transcript.language,
            is_final=transcript.is_final,
        )

    def status(self, command: ReportStatus, at: datetime) -> list[CallEvent]:
        """Return what of a status is news."""
        news: list[CallEvent] = []
        if command.client_language not in (None, self._language):
            assert command.client_language is not None
            news.append(
                LanguageChangedEvent(
                    call_sid=self._call_sid,
                    at=at,
                    sequence=next(self._sequences),
                    client_language=command.client_language,
                    previous=self._language,
                )
            )
            self._language = command.client_language
        if command.status is not self._status:
            self._status = command.status
            news.append(
                CallStatusEvent(
                    call_sid=self._call_sid,
                    at=at,
                    sequence=next(self._sequences),
                    status=command.status,
                    client_language=self._language,
                )
            )
        return news

    def caption(self, record: UtteranceRecord, at: datetime) -> CaptionEvent:
        return CaptionEvent(
            call_sid=self._call_sid,
            at=at,
            sequence=next(self._sequences),
            utterance=record.sequence,
            speaker=record.speaker,
            source_language=record.source_language,
            target_language=record.target_language,
            source_text=record.source_text,
            translated_text=record.translated_text,
            outcome=record.outcome,
            flags=record.flags,
            error_code=record.error_code,
            speech_ms=record.speech_ms,
            recognition_ms=record.recognition_ms,
            translation_ms=record.translation_ms,
            synthesis_ms=record.synthesis_ms,
            queue_ms=record.queue_ms,
            total_ms=record.total_ms,
            heard_ms=record.heard_ms,
        )

    def control(self, command: ReportControl, at: datetime) -> CallEvent:
        control = command.control
        if command.digit:
            return KeyPressedEvent(
                call_sid=self._call_sid,
                at=at,
                sequence=next(self._sequences),
                leg=command.leg,
                digit=command.digit,
                action=control.action if control else None,
                language=(control.language or None) if control else None,
            )
        assert control is not None
        return VoiceCommandEvent(
            call_sid=self._call_sid,
            at=at,
            sequence=next(self._sequences),
            leg=command.leg,
            action=control.action,
        )

    def policy(self, event: PolicyChanged, at: datetime) -> PolicyChangedEvent:
        return PolicyChangedEvent(
            call_sid=self._call_sid,
            at=at,
            sequence=next(self._sequences),
            leg=event.leg,
            listening=event.listening,
            overlap=event.overlap,
        )

    def ended(self, command: EndCall, at: datetime) -> CallEndedEvent:
        return CallEndedEvent(
            call_sid=self._call_sid,
            at=at,
            sequence=next(self._sequences),
            status=command.status,
            reason=command.reason,
        )
