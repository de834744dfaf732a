"""A call's history in the database: what happened besides speech."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from app.domain.commands import Command, DialInterpreter, EndCall, LeaveDirect, ReportControl, ReportLanguage
from app.domain.events import (
    DirectFailed,
    Event,
    InterpreterStatusChanged,
    NotMovedToConference,
    PolicyChanged,
    RecogniserBack,
    RecogniserLost,
    SpeechFailed,
    StreamOpened,
    TranslationFailed,
)
from app.domain.legs import Leg
from app.domain.phrases import Phrase, phrase_language
from app.domain.records import EventHappened, EventKind
from app.runtime.call_plans import CONSENTS
from app.runtime.session import Session
from app.store.recorder import Recorder

Line = tuple[EventKind, Mapping[str, str | int]]


class History:
    """An observer that writes events, through the recorder's queue. What was said and which key it was stay out."""

    def __init__(self, recorder: Recorder, consent: Phrase | None = None) -> None:
        self._recorder = recorder
        self._consent = consent
        """What was announced to the client: they have heard it when their stream opens."""

    def observe(self, session: Session, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        at = session.started_at + timedelta(milliseconds=now_ms)
        for line in (self._announced(session, event), _of_event(event, session), *map(_of_command, commands)):
            if line is not None:
                kind, detail = line
                self._recorder.record(EventHappened(session.call_sid, next(session.event_numbers), at, kind, detail))

    def _announced(self, session: Session, event: Event) -> Line | None:
        if self._consent is None or not isinstance(event, StreamOpened) or event.leg is not Leg.CLIENT:
            return None
        is_recorded, is_transcribed = next(what for what, phrase in CONSENTS.items() if phrase is self._consent)
        return EventKind.CONSENT_ANNOUNCED, {
            "language": phrase_language(session.bridge_language),
            "is_transcribed": int(is_transcribed),
            "is_recorded": int(is_recorded),
        }


def _of_event(event: Event, session: Session) -> Line | None:
    match event:
        case StreamOpened(leg):
            return EventKind.STREAM_OPENED, {"leg": leg}
        case PolicyChanged(leg, listening, overlap):
            changed = {"listening": listening, "overlap": overlap}
            return EventKind.POLICY_CHANGED, {"leg": leg, **{name: to for name, to in changed.items() if to}}
        case RecogniserLost(leg):
            return EventKind.RECOGNISER_LOST, {"leg": leg}
        case RecogniserBack(leg):
            return EventKind.RECOGNISER_BACK, {"leg": leg}
        case TranslationFailed(clause, code):
            return EventKind.TRANSLATION_FAILED, {"clause": clause, "code": code}
        case SpeechFailed(clause, code):
            return EventKind.SPEECH_FAILED, {"clause": clause, "code": code}
        case DirectFailed(leg, code):
            return EventKind.DIRECT_FAILED, {"leg": leg, "code": code}
        case InterpreterStatusChanged(status):
            call_sid = session.telephones.interpreter_call_sid
            return EventKind.INTERPRETER_STATUS, {"status": status, **({"call_sid": call_sid} if call_sid else {})}
        case NotMovedToConference(moved):
            return EventKind.HAND_OVER_FAILED, {"moved": ",".join(moved)}
        case _:
            return None


def _of_command(command: Command) -> Line | None:
    match command:
        case ReportLanguage(reason, language, previous):
            return EventKind.LANGUAGE_CHANGED, {"reason": reason, "language": language, "previous": previous}
        case ReportControl(leg, digit, control):
            kind = EventKind.KEY_PRESSED if digit else EventKind.VOICE_COMMAND
            return kind, {"leg": leg, "action": control.action if control else "passed-on"}
        case LeaveDirect(leg, code):
            return EventKind.DIRECT_LEFT, {"leg": leg, "code": code}
        case DialInterpreter():
            return EventKind.INTERPRETER_CALLED, {}
        case EndCall(status, reason):
            return EventKind.CALL_ENDED, {"status": status, "reason": reason}
        case _:
            return None
