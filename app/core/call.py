"""The call: every decision about it, from the client's first frame to the end of both legs.

``CallCore.handle(event, now_ms)`` is the only entrance. It has no clock, no I/O and no tasks: the shell hands it what
happened and carries out what it returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import assert_never

from app.core.clauses import PauseClauses
from app.core.client_language import ClientLanguage
from app.core.playout import mark_name
from app.core.segmenter import SegmenterLimits
from app.core.speech_queue import Clause, SpeechQueue
from app.core.utterances import CommittedClause, UtteranceTracker
from app.domain.commands import (
    ClearPlayout,
    Command,
    DialAgent,
    EndCall,
    ReportStatus,
    SetRecognitionLanguages,
    Translate,
)
from app.domain.events import (
    EndRequested,
    Event,
    FrameHeard,
    KeyPressed,
    LegStatusChanged,
    MarkReached,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    StreamClosed,
    StreamOpened,
    TimePassed,
    TranscriptHeard,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import CallStatus, EndReason, Leg, LegStatus
from app.domain.phrases import Phrase, phrase_text
from app.domain.transcripts import Transcript

_RING_GRACE_MS = 10_000
"""The carrier may ring longer than asked; after this much more the agent counts as not answering."""
_FAREWELL_LIMIT_MS = 15_000
"""A farewell that is not heard by then is left to the carrier's voice."""

_AGENT_FAREWELLS: dict[LegStatus, tuple[EndReason, Phrase]] = {
    LegStatus.BUSY: (EndReason.AGENT_BUSY, Phrase.AGENT_BUSY),
    LegStatus.NO_ANSWER: (EndReason.AGENT_NO_ANSWER, Phrase.AGENT_NO_ANSWER),
    LegStatus.FAILED: (EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
    LegStatus.CANCELED: (EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
    LegStatus.COMPLETED: (EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
}


@dataclass(frozen=True, slots=True)
class CallConfig:
    """What a call needs to know when it begins. Time 0 of its clock is ``started_at``."""

    started_at: datetime
    agent_language: str
    client_language_hint: str
    client_languages: tuple[str, ...]
    """What a client may speak, as far as the providers go."""
    bridge_language: str
    """What the bridge itself speaks to the client: a language that has phrases and a voice."""
    ringback: bytes
    """One cycle of the tone (mu-law) that the client hears while the agent's telephone rings."""
    segmenter: SegmenterLimits
    stream_timeout_ms: int
    """How long the client's stream may take to open."""
    ring_timeout_ms: int
    maximum_ms: int
    """How long the call may last."""


@dataclass(frozen=True, slots=True)
class _Farewell:
    clause: int
    reason: EndReason
    phrase: Phrase
    until_ms: int


class CallCore:
    """One call's state. Give it every event once, in order, with a time that never goes back."""

    def __init__(self, config: CallConfig) -> None:
        self._config = config
        self._status = CallStatus.WAITING
        self._clause_ids = count(1)
        self._sequences = count(1)
        self._language = ClientLanguage(config.client_language_hint, config.client_languages)
        self._listening_for: tuple[str, ...] = self._language.candidates
        self._utterances = {leg: UtteranceTracker(leg, config.segmenter, PauseClauses()) for leg in Leg}
        self._queues = {leg: SpeechQueue(leg, config.started_at) for leg in Leg}
        self._deadline_ms = config.stream_timeout_ms
        self._farewell: _Farewell | None = None
        self._has_ended = False

    @property
    def client_candidates(self) -> tuple[str, ...]:
        """What to listen for on the client's leg when the call begins."""
        return self._language.candidates

    def handle(self, event: Event, now_ms: int) -> list[Command]:
        """Take what happened; return what is to be done, in order. After the end nothing is."""
        if self._has_ended:
            return []
        commands = self._decide(event, now_ms)
        if not self._has_ended:
            commands += self._watch(now_ms)
        if not self._has_ended:
            for queue in self._queues.values():
                commands += queue.due(now_ms)
        return commands

    def next_wake_ms(self, now_ms: int) -> int:
        """Return when ``TimePassed`` is due at the latest, if nothing happens before."""
        times = [self._farewell.until_ms if self._farewell else self._deadline_ms]
        times += [due for queue in self._queues.values() if (due := queue.playout.next_due_ms(now_ms)) is not None]
        times += [due for tracker in self._utterances.values() if (due := tracker.next_watch_ms()) is not None]
        return min(times)

    def _decide(self, event: Event, now_ms: int) -> list[Command]:
        match event:
            case FrameHeard():
                return self._utterances[event.frame.leg].hear(event, now_ms)
            case TranscriptHeard(leg, transcript):
                return self._recognised(leg, transcript, now_ms)
            case TranslationReady(clause, text):
                return self._each_queue(lambda queue: queue.translated(clause, text, now_ms))
            case TranslationFailed(clause, code):
                return self._each_queue(lambda queue: queue.untranslated(clause, code, now_ms))
            case SpeechReady(clause, ulaw):
                for queue in self._queues.values():
                    queue.voiced(clause, ulaw, now_ms)
                return []
            case SpeechFinished(clause):
                return self._voice_ended(clause, None, now_ms)
            case SpeechFailed(clause, code):
                return self._voice_ended(clause, code, now_ms)
            case StreamOpened(leg):
                return self._opened(leg, now_ms)
            case StreamClosed(leg, was_lost):
                return self._closed(leg, was_lost)
            case LegStatusChanged(leg, status):
                return self._leg_status(leg, status, now_ms)
            case MarkReached(_, name):
                return self._marked(name)
            case EndRequested(reason):
                is_ours = reason is EndReason.INTERNAL_ERROR
                return self._end(reason, Phrase.TECHNICAL_PROBLEM if is_ours else None)
            case KeyPressed() | TimePassed():
                return []
            case _:
                assert_never(event)

    # --- The legs ---------------------------------------------------------------------------------------------------

    def _opened(self, leg: Leg, now_ms: int) -> list[Command]:
        self._queues[leg].playout.open(now_ms)
        if leg is Leg.CLIENT:
            self._status = CallStatus.RINGING
            self._deadline_ms = now_ms + self._config.ring_timeout_ms + _RING_GRACE_MS
            self._queues[leg].playout.set_background(self._config.ringback)
            return [self._report_status(), DialAgent()]
        self._status = CallStatus.IN_PROGRESS
        self._deadline_ms = self._config.maximum_ms
        self._queues[Leg.CLIENT].playout.set_background(b"")
        return [self._report_status()]

    def _closed(self, leg: Leg, was_lost: bool) -> list[Command]:
        if leg is Leg.CLIENT:
            return self._end(EndReason.CLIENT_STREAM_LOST if was_lost else EndReason.CLIENT_HUNG_UP)
        return self._end(EndReason.AGENT_STREAM_LOST if was_lost else EndReason.AGENT_HUNG_UP)

    def _leg_status(self, leg: Leg, status: LegStatus, now_ms: int) -> list[Command]:
        if not status.is_terminal:
            return []
        if leg is Leg.CLIENT:
            return self._end(EndReason.CLIENT_HUNG_UP)
        if self._farewell is not None:
            return []
        if self._status is CallStatus.IN_PROGRESS:
            return self._end(EndReason.AGENT_HUNG_UP)
        return self._say_farewell(*_AGENT_FAREWELLS[status], now_ms)

    def _watch(self, now_ms: int) -> list[Command]:
        if self._farewell is not None:
            return self._end(self._farewell.reason, self._farewell.phrase) if now_ms >= self._farewell.until_ms else []
        if now_ms >= self._deadline_ms:
            match self._status:
                case CallStatus.WAITING:
                    return self._end(EndReason.CLIENT_NEVER_CONNECTED)
                case CallStatus.RINGING:
                    return self._say_farewell(EndReason.AGENT_NO_ANSWER, Phrase.AGENT_NO_ANSWER, now_ms)
                case _:
                    return self._end(EndReason.TIME_LIMIT)
        return [command for tracker in self._utterances.values() for command in tracker.watch(now_ms)]

    # --- From speech to speech --------------------------------------------------------------------------------------

    def _recognised(self, leg: Leg, transcript: Transcript, now_ms: int) -> list[Command]:
        committed = self._utterances[leg].recognise(transcript, now_ms)
        if self._farewell is not None:
            return []
        return [command for clause in committed for command in self._interpret(leg, clause, now_ms)]

    def _interpret(self, leg: Leg, committed: CommittedClause, now_ms: int) -> list[Command]:
        commands: list[Command] = []
        if leg is Leg.CLIENT:
            commands += self._observe_language(committed)
            source, target = committed.language or self._language.current, self._config.agent_language
        else:
            source, target = self._config.agent_language, self._language.current
        clause = Clause(
            id=next(self._clause_ids),
            sequence=next(self._sequences),
            listener=leg.other,
            text=committed.text,
            language=target,
            source_text=committed.text,
            source_language=source,
            began_ms=committed.began_ms,
            ended_ms=committed.ended_ms,
            recognised_ms=now_ms,
            translated_ms=now_ms if source == target else None,
        )
        was_queued, queued = self._queues[leg.other].add(clause, now_ms)
        commands += queued
        if was_queued and source != target:
            commands.append(Translate(clause.id, clause.source_text, source, target))
        return commands

    def _observe_language(self, committed: CommittedClause) -> list[Command]:
        if committed.language is None:
            return []
        before = (self._language.is_detected, self._language.current)
        self._language.observe(
            committed.language, committed.language_probability, committed.ended_ms - committed.began_ms
        )
        commands: list[Command] = []
        if (self._language.is_detected, self._language.current) != before:
            commands.append(self._report_status())
        if self._language.candidates != self._listening_for:
            self._listening_for = self._language.candidates
            commands.append(SetRecognitionLanguages(Leg.CLIENT, self._listening_for))
        return commands

    def _voice_ended(self, clause: int, code: str | None, now_ms: int) -> list[Command]:
        commands = self._each_queue(lambda queue: queue.voice_ended(clause, now_ms, code))
        if code is not None and self._farewell is not None and self._farewell.clause == clause:
            commands += self._end(self._farewell.reason, self._farewell.phrase)
        return commands

    def _each_queue(self, ask: Callable[[SpeechQueue], list[Command]]) -> list[Command]:
        """Ask both queues: a clause is in one of them, and the other one has nothing to say about it."""
        return [command for queue in self._queues.values() for command in ask(queue)]

    def _report_status(self) -> ReportStatus:
        return ReportStatus(self._status, self._language.current if self._language.is_detected else None)

    # --- The end ----------------------------------------------------------------------------------------------------

    def _say_farewell(self, reason: EndReason, phrase: Phrase, now_ms: int) -> list[Command]:
        """Speak one sentence to the client, and end the call when it was heard."""
        queue = self._queues[Leg.CLIENT]
        commands = queue.abandon()
        queue.playout.open(now_ms)
        language = self._config.bridge_language
        clause = Clause(
            id=next(self._clause_ids),
            listener=Leg.CLIENT,
            text=phrase_text(phrase, language),
            language=language,
            translated_ms=now_ms,
        )
        self._farewell = _Farewell(clause.id, reason, phrase, now_ms + _FAREWELL_LIMIT_MS)
        _, queued = queue.add(clause, now_ms)
        return [*commands, ClearPlayout(Leg.CLIENT), *queued]

    def _marked(self, name: str) -> list[Command]:
        if self._farewell is not None and name == mark_name(self._farewell.clause):
            return self._end(self._farewell.reason)
        return []

    def _end(self, reason: EndReason, farewell: Phrase | None = None) -> list[Command]:
        self._has_ended = True
        was_connected = self._status is CallStatus.IN_PROGRESS
        commands = [command for queue in self._queues.values() for command in queue.abandon()]
        self._status = CallStatus.COMPLETED if was_connected else CallStatus.FAILED
        return [*commands, EndCall(self._status, reason, farewell)]
