"""One live call: its core, its one consumer task, and the tasks that do what the core commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from functools import partial
from itertools import count
from typing import assert_never

import structlog
from structlog.contextvars import bound_contextvars

from app.core.call import CallCore
from app.core.call_config import CallConfig
from app.domain.audio import AudioFrame
from app.domain.commands import (
    BeginUtterance,
    ClearPlayout,
    Command,
    DialAgent,
    DialInterpreter,
    EndCall,
    EndUtterance,
    FinalizeUtterance,
    HintPause,
    LeaveDirect,
    MoveToConference,
    PlayAudio,
    PushAudio,
    ReleaseInterpreter,
    ReportCatchUp,
    ReportControl,
    ReportEcho,
    ReportLanguage,
    ReportMissingFinal,
    ReportSpeculation,
    ReportStatus,
    ReportUtterance,
    SendMark,
    SetDirectTarget,
    SetRecognitionLanguages,
    Speak,
    StopSpeaking,
    Translate,
)
from app.domain.events import (
    EndRequested,
    Event,
    FrameHeard,
    RecogniserBack,
    RecogniserLost,
    SpeechFailed,
    SpeechFinished,
    SpeechReady,
    StreamOpened,
    TimePassed,
    TranscriptHeard,
    TranslationFailed,
    TranslationReady,
)
from app.domain.legs import CallStatus, EndReason, Leg
from app.domain.phrases import Phrase
from app.errors import ProviderError
from app.runtime.direct import DirectStreams
from app.runtime.leg import LegConnection, Tally
from app.runtime.mailbox import Mailbox
from app.runtime.services import Services
from app.runtime.telephones import Telephones
from app.stt.base import SttOptions, SttStream
from app.translation.base import TranslationRequest
from app.tts.base import SpeechRequest, TtsProvider
from app.tts.patience import Patience
from app.usage import Meter, metered

log = structlog.get_logger(__name__)

_RECOGNISER_RETRY_S = 0.5
_RECOGNISER_LONGEST_RETRY_S = 5.0
_MOMENTS = (FrameHeard, TimePassed)
_SOUND = (PushAudio, PlayAudio, SendMark, BeginUtterance, HintPause, EndUtterance)
"""What observers are not shown unless something else comes of it, or with it."""
_OWN_TIMEOUT_S = 4.0
"""What the bridge itself says is said by the spare voice after so long without the next audio."""


class Session:
    """Everything about one call that is not a decision."""

    def __init__(
        self, session_id: str, call_sid: str, account_sid: str, config: CallConfig, services: Services
    ) -> None:
        self.id = session_id
        self.call_sid = call_sid
        self.account_sid = account_sid
        self.status = CallStatus.WAITING
        self.started_at = config.started_at
        self.agent_language = config.agent_language
        self.bridge_language = config.bridge_language
        self.telephones = Telephones(self, services.carrier)
        self.end: EndCall | None = None
        """How the call ended."""
        self.event_numbers = count(1)
        """Numbers of the events in the call's history."""
        self.mailbox: Mailbox[EndCall] = Mailbox()
        self.usage: Meter = Meter()
        """What providers bill for this call so far."""
        self.log = log.bind(call_sid=call_sid)
        self._core = CallCore(config)
        self._glossary = config.glossary
        self._services = services
        self._began_s = time.monotonic()
        self._connections: dict[Leg, LegConnection] = {}
        self._recognisers: dict[Leg, SttStream] = {}
        self._in_utterance: set[Leg] = set()
        """Legs whose recogniser was told of the beginning of the utterance that is open."""
        client = self._core.client_recognition
        self._recognition = {
            Leg.AGENT: self._listen_for(Leg.AGENT, (config.agent_language,)),
            Leg.CLIENT: self._listen_for(Leg.CLIENT, client.languages, client.is_settled),
        }
        self._direct = DirectStreams(services.s2s, self.post)
        self._jobs: set[asyncio.Task[None]] = set()
        self._speaking_ahead: dict[int, asyncio.Task[None]] = {}
        """By clause."""

    def now_ms(self) -> int:
        """Return the call's clock: milliseconds since the session was made."""
        return int((time.monotonic() - self._began_s) * 1000)

    def post(self, event: Event) -> None:
        """Tell the call what happened; never blocks."""
        self.mailbox.post(event)

    def attach(self, connection: LegConnection) -> None:
        """A leg's stream is open."""
        self._connections[connection.leg] = connection
        self.post(StreamOpened(connection.leg))

    def stream_sid(self, leg: Leg) -> str | None:
        """Return the carrier's name for a leg's stream, once it is open."""
        connection = self._connections.get(leg)
        return connection.stream_sid if connection is not None else None

    def tally(self, leg: Leg) -> Tally:
        """Return what went wrong on a leg's stream so far."""
        connection = self._connections.get(leg)
        return connection.tally if connection is not None else Tally()

    def backlog_ms(self, leg: Leg) -> int:
        """Return how much translated speech this leg is still to hear."""
        return self._core.backlog_ms(leg, self.now_ms())

    def wants_pitch(self, leg: Leg) -> bool:
        """Whether the pitch of a leg's voice is of use; once it is not, it never is again."""
        return self._core.wants_pitch(leg)

    async def run(self) -> None:
        """Live the call until it has ended and both legs are down. A bug ends this call only, with an apology."""
        with metered(self.usage), bound_contextvars(call_sid=self.call_sid):
            await self._run()

    async def _run(self) -> None:
        self._services.voice.expect(self.agent_language, Leg.AGENT)
        self._expect(self._core.client_recognition.languages[0])
        try:
            async with asyncio.TaskGroup() as tasks:
                for leg in Leg:
                    self._start(tasks, self._recognise(leg))
                for leg, target in self._core.direct_targets.items():
                    source = self._recognition[leg].languages[0]
                    self._start(tasks, self._direct.interpret(leg, source, target))
                end = await self._consume(tasks)
                for job in self._jobs:
                    job.cancel()
        except* Exception as bugs:
            self.log.exception("session.crashed", exc_info=bugs)
            self.end = EndCall(CallStatus.FAILED, EndReason.INTERNAL_ERROR, Phrase.TECHNICAL_PROBLEM)
            await self.telephones.hang_up(self.end, self._connections.values())
            self._show(EndRequested(self.end.reason), [self.end], self.now_ms())
        else:
            self.end = end
            await self.telephones.hang_up(end, self._connections.values())

    async def _consume(self, tasks: asyncio.TaskGroup) -> EndCall:
        def take(event: Event) -> EndCall | None:
            now_ms = self.now_ms()
            commands = self._core.handle(event, now_ms)
            if len(commands) == 1 and isinstance(only := commands[0], PushAudio):  # As nearly always.
                self._push(only.frame)
                return None
            is_sound_alone = isinstance(event, _MOMENTS)
            for command in commands:
                self._carry_out(command, tasks)
                is_sound_alone = is_sound_alone and isinstance(command, _SOUND)
            if not is_sound_alone:
                self._show(event, commands, now_ms)
            last = commands[-1] if commands else None
            return last if isinstance(last, EndCall) else None

        def next_wake_s() -> float | None:
            if self._core.calm_until_ms:
                return None
            return self._began_s + self._core.next_wake_ms(self.now_ms()) / 1000

        return await self.mailbox.deliver(take, next_wake_s)

    def _show(self, event: Event, commands: Sequence[Command], now_ms: int) -> None:
        for observer in self._services.observers:
            observer.observe(self, event, commands, now_ms)

    def _carry_out(self, command: Command, tasks: asyncio.TaskGroup) -> None:
        match command:
            case PushAudio(frame):
                self._push(frame)
            case BeginUtterance() | HintPause() | EndUtterance():
                self._tell_recogniser(command)
            case FinalizeUtterance(leg):
                if leg in self._recognisers:
                    self._recognisers[leg].finalize()
            case SetRecognitionLanguages(leg, languages, is_settled):
                self._recognition[leg] = self._listen_for(leg, languages, is_settled)
                if leg in self._recognisers:
                    self._recognisers[leg].set_languages(languages, is_settled)
            case SetDirectTarget():
                self._direct.set_target(command)
            case LeaveDirect():
                self._direct.leave(command)
            case Translate():
                self._start(tasks, self._translate(command))
            case Speak(clause):
                task = self._start(tasks, self._speak(command))
                if command.is_ahead:
                    self._speaking_ahead[clause] = task
                    task.add_done_callback(partial(self._forget_voice_ahead, clause))
            case StopSpeaking(clause):
                self._stop_speaking(clause)
            case PlayAudio(leg) | SendMark(leg) | ClearPlayout(leg):
                if leg in self._connections:
                    self._connections[leg].play(command)
            case DialAgent() | DialInterpreter() | ReleaseInterpreter() | MoveToConference():
                self.telephones.order(command)
            case ReportStatus(status, client_language):
                self.status = status
                if client_language is not None:
                    self._expect(client_language)
            case EndCall(status):
                self.status = status
            case (
                ReportUtterance()
                | ReportControl()
                | ReportLanguage()
                | ReportCatchUp()
                | ReportEcho()
                | ReportMissingFinal()
                | ReportSpeculation()
            ):
                pass
            case _:
                assert_never(command)

    def _push(self, frame: AudioFrame) -> None:
        """Let who recognises or interprets directly hear a frame."""
        if (stream := self._recognisers.get(frame.leg)) is not None:
            stream.push(frame)
        if self._services.s2s is not None:
            self._direct.push(frame)

    def _expect(self, client_language: str) -> None:
        """Let translator and voice get ready for what the client is taken to speak."""
        self._services.translator.expect(client_language, self.agent_language)
        self._services.voice.expect(client_language, Leg.CLIENT)

    def _start(self, tasks: asyncio.TaskGroup, job: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = tasks.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)
        return task

    def _stop_speaking(self, clause: int) -> None:
        if (task := self._speaking_ahead.pop(clause, None)) is not None:
            task.cancel()
        # What it said last may be on its way, and the clause may be spoken in other words next.
        self.mailbox.withdraw(
            lambda event: isinstance(event, SpeechReady | SpeechFinished | SpeechFailed) and event.clause == clause
        )

    def _forget_voice_ahead(self, clause: int, task: asyncio.Task[None]) -> None:
        if self._speaking_ahead.get(clause) is task:
            del self._speaking_ahead[clause]

    # --- Recognition, translation, speech ---------------------------------------------------------------------------

    def _listen_for(self, leg: Leg, languages: tuple[str, ...], is_settled: bool = False) -> SttOptions:
        return SttOptions(leg, languages, is_settled, self._glossary.expected(languages))

    def _tell_recogniser(self, command: BeginUtterance | HintPause | EndUtterance) -> None:
        leg = command.leg
        stream = self._recognisers.get(leg)
        if stream is None:
            return
        match command:
            case BeginUtterance(_, utterance, at_ms):
                self._in_utterance.add(leg)
                stream.begin_utterance(utterance, at_ms)
            case HintPause(_, at_ms):
                if leg in self._in_utterance:
                    stream.hint_pause(at_ms)
            case EndUtterance(_, at_ms):
                if leg in self._in_utterance:
                    self._in_utterance.discard(leg)
                    stream.end_utterance(at_ms)

    async def _recognise(self, leg: Leg) -> None:
        """Keep a recogniser on this leg; one that dies is replaced, however often, and meanwhile the call is told."""
        failures = 0
        while True:
            try:
                stream = await self._services.stt.open(self._recognition[leg])
                try:
                    self._recognisers[leg] = stream
                    async for transcript in stream:
                        if failures:
                            failures = 0
                            self.post(RecogniserBack(leg))
                        self.post(TranscriptHeard(leg, transcript))
                    return
                finally:
                    self._recognisers.pop(leg, None)
                    self._in_utterance.discard(leg)
                    await stream.aclose()
            except ProviderError as error:
                failures += 1
                self.log.warning("recogniser.failed", leg=leg, provider=error.provider, code=error.code)
                self.post(RecogniserLost(leg))
                await asyncio.sleep(min(_RECOGNISER_RETRY_S * 2 ** (failures - 1), _RECOGNISER_LONGEST_RETRY_S))

    async def _translate(self, command: Translate) -> None:
        try:
            async with asyncio.timeout(self._services.settings.translation_timeout_s):
                translation = await self._services.translator.translate_checked(
                    TranslationRequest(
                        command.text,
                        command.source,
                        command.target,
                        is_brief=command.is_brief,
                        context=command.context,
                        glossary=self._glossary.pair(command.source, command.target),
                    )
                )
        except TimeoutError:
            self.post(TranslationFailed(command.clause, "timeout"))
        except ProviderError as error:
            self.post(TranslationFailed(command.clause, error.code))
        else:
            self.post(TranslationReady(command.clause, translation.text, translation.misses, translation.check))

    async def _speak(self, command: Speak) -> None:
        settings, spare = self._services.settings, self._services.spare_voice
        code: str | None = None
        if not command.is_own or spare is None or command.language not in spare.capabilities.languages:
            code = await self._speak_with(self._services.voice, command, settings.tts_timeout_s)
        elif await self._speak_with(self._services.voice, command, min(_OWN_TIMEOUT_S, settings.tts_timeout_s)):
            code = await self._speak_with(spare, command, settings.tts_timeout_s)
        self.post(SpeechFinished(command.clause) if code is None else SpeechFailed(command.clause, code))

    async def _speak_with(self, voice: TtsProvider, command: Speak, timeout_s: float) -> str | None:
        """Speak, and wait so long at most for the next audio; return an error code when it did not work."""
        request = SpeechRequest(command.text, command.language, command.listener, command.register)
        try:
            async with aclosing(voice.speak(request)) as pieces:
                patience = Patience(pieces, timeout_s, behind_s=timeout_s)
                while (piece := await patience.next()) is not None:
                    self.post(SpeechReady(command.clause, piece))
        except TimeoutError:
            return "timeout"
        except ProviderError as error:
            return error.code
        return None
