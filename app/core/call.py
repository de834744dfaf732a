"""The call: every decision about it, from the client's first frame to the end of both legs.

``CallCore.handle(event, now_ms)`` is the only entrance. It has no clock, no I/O and no tasks: the shell hands it what
happened and carries out what it returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from app.core.call_config import CallConfig
from app.core.controls import Controls
from app.core.hand_over import HandOver
from app.core.interpreter import Interpreter
from app.core.language_hints import HintSource, LanguageHint
from app.core.playout import mark_name
from app.domain.commands import (
    ClearPlayout,
    Command,
    DialAgent,
    EndCall,
    ReportControl,
    ReportStatus,
    SetRecognitionLanguages,
)
from app.domain.events import (
    DirectFailed,
    DirectHeard,
    EndRequested,
    Event,
    FrameHeard,
    InterpreterStatusChanged,
    KeyPressed,
    LanguageHinted,
    LegStatusChanged,
    MarkReached,
    MovedToConference,
    NotMovedToConference,
    PolicyChanged,
    RecogniserBack,
    RecogniserLost,
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
from app.domain.phrases import Phrase
from app.domain.policies import Listening, Overlap
from app.domain.transcripts import Transcript

_RING_GRACE_MS = 10_000
"""The carrier may ring longer than asked; after this much more the agent counts as not answering."""
_FAREWELL_LIMIT_MS = 15_000
"""A farewell that is not heard by then is left to the carrier's voice."""

_CLIENT_NEVER_CAME: dict[LegStatus, EndReason] = {
    LegStatus.BUSY: EndReason.CLIENT_BUSY,
    LegStatus.NO_ANSWER: EndReason.CLIENT_NO_ANSWER,
    LegStatus.FAILED: EndReason.CLIENT_FAILED,
}
"""What becomes of a call that we place to a client."""

_REQUESTED_FAREWELLS = {
    EndReason.INTERNAL_ERROR: Phrase.TECHNICAL_PROBLEM,
    EndReason.SHUTDOWN: Phrase.CLOSING_DOWN,
}
_AGENT_FAREWELLS: dict[LegStatus, tuple[EndReason, Phrase]] = {
    LegStatus.BUSY: (EndReason.AGENT_BUSY, Phrase.AGENT_BUSY),
    LegStatus.NO_ANSWER: (EndReason.AGENT_NO_ANSWER, Phrase.AGENT_NO_ANSWER),
    LegStatus.FAILED: (EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
    LegStatus.CANCELED: (EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
    LegStatus.COMPLETED: (EndReason.AGENT_FAILED, Phrase.AGENT_UNAVAILABLE),
}


@dataclass(frozen=True, slots=True)
class _Farewell:
    clause: int
    reason: EndReason
    phrase: Phrase
    until_ms: int


class CallCore:
    """One call's state. Give it every event once, in order, with a time that never goes back."""

    __slots__ = (
        "_config",
        "_controls",
        "_deadline_ms",
        "_farewell",
        "_hand_over",
        "_has_ended",
        "_interpreter",
        "_play_from_ms",
        "_status",
        "_watch_from_ms",
        "calm_until_ms",
    )

    def __init__(self, config: CallConfig) -> None:
        self._config = config
        self._status = CallStatus.WAITING
        self._interpreter = Interpreter(config)
        self._hand_over = HandOver(self._interpreter)
        self._controls = Controls(config, self._interpreter, self._hand_over)
        self._deadline_ms = config.stream_timeout_ms
        self._farewell: _Farewell | None = None
        self._has_ended = False
        self.calm_until_ms = 0
        """Until then nothing is due, and a frame that is only pushed to its recogniser changes nothing.

        0: ``next_wake_ms`` is to be asked, something happened that may change its answer.
        """
        self._watch_from_ms = 0
        """When something is to be watched."""
        self._play_from_ms: Mapping[Leg, int] = {}
        """When something is to be played to a leg; one is missing that nothing waits for."""

    @property
    def client_recognition(self) -> SetRecognitionLanguages:
        """What to listen for on the client's leg when the call begins."""
        return self._interpreter.client_recognition

    @property
    def direct_targets(self) -> dict[Leg, str]:
        """Return whose speech a speech-to-speech provider is to interpret when the call begins, and into what."""
        return self._interpreter.direct_targets

    def backlog_ms(self, leg: Leg, now_ms: int) -> int:
        """Return how much voice is still to be heard on a leg."""
        return self._interpreter.playout(leg).queued_ms(now_ms)

    def wants_pitch(self, leg: Leg) -> bool:
        """Whether the pitch of what this leg says is of use; once it is not, it never is again."""
        return self._interpreter.wants_pitch(leg)

    def handle(self, event: Event, now_ms: int) -> list[Command]:
        """Take what happened; return what is to be done, in order. After the end nothing is."""
        if self._has_ended:
            return []
        if self.calm_until_ms:
            if isinstance(event, FrameHeard):
                commands = self._interpreter.hear(event, now_ms)
                if len(commands) == 1 and now_ms < self.calm_until_ms:
                    return commands
                return self._go_on(commands, now_ms)
            if isinstance(event, TimePassed):
                return self._go_on([], now_ms)
        self.calm_until_ms = 0
        spoken_before = self._interpreter.client_language
        commands = self._decide(event, now_ms)
        if self._interpreter.client_language != spoken_before and not self._has_ended:
            commands.insert(0, self._report_status())
        return self._follow(commands, now_ms)

    def next_wake_ms(self, now_ms: int) -> int:
        """Return when ``TimePassed`` is due at the latest, if nothing happens before; earlier does no harm."""
        if now_ms < self.calm_until_ms:
            return self.calm_until_ms
        # During a farewell nobody is listened to any more.
        watched_ms = [] if self._farewell else self._interpreter.watch_times_ms(now_ms)
        watched_ms.append(self._farewell.until_ms if self._farewell else self._deadline_ms)
        if (moving_ms := self._hand_over.next_watch_ms) is not None:
            watched_ms.append(moving_ms)
        watch_ms = min(watched_ms)
        play_ms = self._interpreter.due_times_ms(now_ms)
        wake_ms = min([watch_ms, *play_ms.values()])
        if self._farewell is None and not self._interpreter.is_frame_by_frame:
            self.calm_until_ms, self._watch_from_ms, self._play_from_ms = wake_ms, watch_ms, play_ms
        return wake_ms

    def _go_on(self, commands: list[Command], now_ms: int) -> list[Command]:
        """Add what is due to the commands of what passes time and, without a boundary, changes nothing else."""
        self.calm_until_ms = 0
        if len(commands) > 1 or now_ms >= self._watch_from_ms:
            return self._follow(commands, now_ms)
        commands += self._interpreter.due(now_ms, [leg for leg, at_ms in self._play_from_ms.items() if now_ms >= at_ms])
        return self._add_outages(commands, now_ms)

    def _follow(self, commands: list[Command], now_ms: int) -> list[Command]:
        """Add to the commands of an event what is due beside it."""
        if not self._has_ended:
            commands += self._watch(now_ms)
        if not self._has_ended:
            commands += self._interpreter.due(now_ms)
        return self._add_outages(commands, now_ms)

    def _add_outages(self, commands: list[Command], now_ms: int) -> list[Command]:
        """Add what an outage has the parties told, where the commands say that one began or ended."""
        if self._status is CallStatus.IN_PROGRESS and self._farewell is None and not self._hand_over.is_moving:
            commands += self._interpreter.follow_outages(commands, now_ms)
        return commands

    def _decide(self, event: Event, now_ms: int) -> list[Command]:
        interpreter = self._interpreter
        match event:
            case FrameHeard():
                return interpreter.hear(event, now_ms)
            case TranscriptHeard(leg, transcript):
                return self._recognised(leg, transcript, now_ms)
            case RecogniserLost(leg):
                interpreter.unheard(leg)
                return []
            case RecogniserBack(leg):
                interpreter.outages.recogniser(leg, is_lost=False)
                return []
            case TranslationReady(clause, text, misses):
                return interpreter.translated(clause, text, now_ms, misses)
            case TranslationFailed(clause, code):
                return interpreter.untranslated(clause, code, now_ms)
            case SpeechReady(clause, ulaw):
                interpreter.voiced(clause, ulaw, now_ms)
                return []
            case SpeechFinished(clause):
                return self._voice_ended(clause, None, now_ms)
            case SpeechFailed(clause, code):
                return self._voice_ended(clause, code, now_ms)
            case DirectHeard(leg, piece):
                return [] if self._farewell is not None else interpreter.direct_heard(leg, piece, now_ms)
            case DirectFailed(leg, _):
                return [] if self._farewell is not None else interpreter.direct_failed(leg, now_ms)
            case StreamOpened(leg):
                return self._opened(leg, now_ms)
            case StreamClosed(leg, was_lost):
                return self._closed(leg, was_lost)
            case LegStatusChanged(leg, status):
                return self._leg_status(leg, status, now_ms)
            case MarkReached(_, name):
                return self._marked(name)
            case PolicyChanged(leg, listening, overlap):
                return self._policy_changed(leg, listening, overlap, now_ms)
            case EndRequested(reason):
                return self._end(reason, _REQUESTED_FAREWELLS.get(reason))
            case LanguageHinted(language):
                return interpreter.suggest_language(LanguageHint(HintSource.PARAMETER, language), now_ms)
            case KeyPressed(leg, digit):
                return self._pressed(leg, digit, now_ms)
            case InterpreterStatusChanged(status):
                return self._hand_over.interpreter_status(status, now_ms)
            case MovedToConference():
                return self._end(EndReason.HANDED_OVER)
            case NotMovedToConference(moved):
                return self._not_moved(moved, now_ms)
            case TimePassed():
                return []
            case _:
                assert_never(event)

    # --- The legs ---------------------------------------------------------------------------------------------------

    def _opened(self, leg: Leg, now_ms: int) -> list[Command]:
        self._interpreter.playout(leg).open(now_ms)
        if leg is Leg.CLIENT:
            self._status = CallStatus.RINGING
            self._deadline_ms = now_ms + self._config.ring_timeout_ms + _RING_GRACE_MS
            self._interpreter.playout(leg).set_background(self._config.ringback)
            return [self._report_status(), DialAgent()]
        self._status = CallStatus.IN_PROGRESS
        self._hand_over.is_possible = True
        self._deadline_ms = self._config.maximum_ms
        self._interpreter.playout(Leg.CLIENT).set_background(b"")
        return [self._report_status()]

    def _closed(self, leg: Leg, was_lost: bool) -> list[Command]:
        if self._hand_over.is_moving:
            self._hand_over.note_closed(leg, was_lost)
            return []
        return self._hung_up(leg, was_lost)

    def _hung_up(self, leg: Leg, was_lost: bool) -> list[Command]:
        if leg is Leg.CLIENT:
            return self._end(EndReason.CLIENT_STREAM_LOST if was_lost else EndReason.CLIENT_HUNG_UP)
        return self._end(EndReason.AGENT_STREAM_LOST if was_lost else EndReason.AGENT_HUNG_UP)

    def _leg_status(self, leg: Leg, status: LegStatus, now_ms: int) -> list[Command]:
        if not status.is_terminal:
            return []
        if leg is Leg.CLIENT:
            never_came = self._status is CallStatus.WAITING and status in _CLIENT_NEVER_CAME
            return self._end(_CLIENT_NEVER_CAME[status] if never_came else EndReason.CLIENT_HUNG_UP)
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
        return [*self._hand_over.watch(now_ms), *self._interpreter.watch(now_ms)]

    # --- What the parties ask for -----------------------------------------------------------------------------------

    def _pressed(self, leg: Leg, digit: str, now_ms: int) -> list[Command]:
        if self._farewell is not None or self._hand_over.is_moving:
            return [ReportControl(leg, digit, None)]
        return self._controls.press(leg, digit, now_ms)

    def _not_moved(self, moved: tuple[Leg, ...], now_ms: int) -> list[Command]:
        """Go on as if nothing had been, where that can be."""
        for leg, was_lost in self._hand_over.gone(moved).items():
            return self._hung_up(leg, was_lost)
        if moved:
            return self._end(EndReason.INTERNAL_ERROR, Phrase.TECHNICAL_PROBLEM)
        return self._hand_over.not_moved(now_ms)

    # --- What is said -----------------------------------------------------------------------------------------------

    def _recognised(self, leg: Leg, transcript: Transcript, now_ms: int) -> list[Command]:
        if self._farewell is not None:
            return []
        transcript_left, commands = self._controls.hear(leg, transcript, now_ms)
        if transcript_left is not None:
            commands += self._interpreter.recognise(leg, transcript_left, now_ms)
        return commands

    def _voice_ended(self, clause: int, code: str | None, now_ms: int) -> list[Command]:
        commands = self._interpreter.voice_ended(clause, code, now_ms)
        if code is not None and self._farewell is not None and self._farewell.clause == clause:
            commands += self._end(self._farewell.reason, self._farewell.phrase)
        return commands

    def _policy_changed(
        self, leg: Leg, listening: Listening | None, overlap: Overlap | None, now_ms: int
    ) -> list[Command]:
        if overlap is not None:
            self._interpreter.set_overlap(leg, overlap)
        if listening is None or self._farewell is not None:
            return []
        return self._interpreter.set_listening(leg, listening, now_ms)

    def _report_status(self) -> ReportStatus:
        return ReportStatus(self._status, self._interpreter.client_language)

    # --- The end ----------------------------------------------------------------------------------------------------

    def _say_farewell(self, reason: EndReason, phrase: Phrase, now_ms: int) -> list[Command]:
        """Speak one sentence to the client, and end the call when it was heard."""
        abandoned = self._interpreter.abandon(Leg.CLIENT)
        self._interpreter.playout(Leg.CLIENT).open(now_ms)
        clause, commands = self._interpreter.tell(Leg.CLIENT, phrase, now_ms)
        self._farewell = _Farewell(clause, reason, phrase, now_ms + _FAREWELL_LIMIT_MS)
        return [*abandoned, ClearPlayout(Leg.CLIENT), *commands]

    def _marked(self, name: str) -> list[Command]:
        if self._farewell is not None and name == mark_name(self._farewell.clause):
            return self._end(self._farewell.reason)
        return self._hand_over.marked(name)

    def _end(self, reason: EndReason, farewell: Phrase | None = None) -> list[Command]:
        self._has_ended = True
        was_connected = self._status is CallStatus.IN_PROGRESS
        abandoned = self._interpreter.abandon(*Leg)
        self._status = CallStatus.COMPLETED if was_connected else CallStatus.FAILED
        return [*abandoned, EndCall(self._status, reason, farewell)]
