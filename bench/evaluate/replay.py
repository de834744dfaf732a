"""Replay traces through the real ``CallCore`` on a virtual clock: an hour of speech in seconds.

The recogniser's transcripts come when the trace says so; the translator and the voice are stand-ins that answer after a
set time; the carrier plays whatever it is sent, in order.
"""

from __future__ import annotations

import gc
import heapq
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, groupby
from types import FunctionType, ModuleType

from app.core.call import CallCore
from app.core.call_config import CallConfig
from app.core.language_hints import HintSource, LanguageHint
from app.core.segmenter import SegmenterLimits
from app.domain.audio import BYTES_PER_MS, FRAME_MS, AudioFrame, silence
from app.domain.commands import (
    BeginUtterance,
    CatchUp,
    ClearPlayout,
    Command,
    EndUtterance,
    PlayAudio,
    ReportCatchUp,
    ReportUtterance,
    SendMark,
    Speak,
    Translate,
)
from app.domain.events import (
    EndRequested,
    Event,
    FrameHeard,
    MarkReached,
    SpeechFinished,
    SpeechReady,
    StreamOpened,
    TimePassed,
    TranscriptHeard,
    TranslationReady,
)
from app.domain.legs import EndReason, Leg
from app.domain.records import Outcome, UtteranceRecord
from bench.evaluate.simulate import expansion
from bench.evaluate.sound import ToneSound
from bench.evaluate.trace import Trace

AGENT_LANGUAGE = "es"
_CONNECTED_MS = 500
_TAIL_MS = 12_000
"""Silence after the trace: finals that never come are given up in it."""
_LONGEST_TAIL_MS = 600_000
_FINAL_TIMEOUT_MS = {"cloud": 1000, "whisper": 12_000}
"""What the capabilities of such a recogniser say, by kind of trace."""
_STATE_EVERY_MS = 60_000
_COLOURS = 100
"""Each clause's audio is one byte value, by which the loudspeaker knows it again: this many, then from the first."""
_FIRST_COLOUR = 0x10


class ReplayError(RuntimeError):
    """The core did not cut the speech as the trace was made: what it heard would make no sense."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """How fast the providers are that a replay pretends to have."""

    translation_ms: int = 200
    first_audio_ms: int = 200
    words_per_s: float = 3.0
    """The voice's rate: a clause's audio lasts its source words times the expansion, by this."""
    expansion: float | None = None
    """Target words for each source word; None takes the pair's own, from the parallel sentences."""
    real_time_factor: float = 0.1
    """Time to make the audio after its first piece, by its length."""
    piece_ms: int = 400


@dataclass(slots=True)
class Sound:
    """The audio of one clause, or of several that were merged, as it was made and as it was heard."""

    text: str
    voiced_ms: int
    """When its first piece was there."""
    audio_ms: int
    """Its length as the voice made it."""
    play_start_ms: float | None = None
    play_end_ms: float | None = None
    played_ms: float = 0.0
    """How long it took to be heard: less than ``audio_ms`` where it was made faster."""
    claimed: float = 0.0
    """The part of it whose clauses are known."""

    def claim(self, text: str) -> tuple[float, float]:
        """Return the next clause's part of the sound, by its words."""
        start = self.claimed
        self.claimed = min(1.0, start + count_words(text) / max(1, count_words(self.text)))
        return start, self.claimed


@dataclass(slots=True)
class SpokenClause:
    """What became of one committed clause. Times are on the trace's clock, None where it did not get so far."""

    text: str
    reason: str
    committed_ms: int
    translated_ms: int | None
    outcome: Outcome
    sound: Sound | None = None
    share: tuple[float, float] = (0.0, 1.0)
    """Which part of the sound is this clause's."""

    @property
    def heard_ms(self) -> tuple[float, float] | None:
        """From when to when it was heard; None where it was not."""
        sound = self.sound
        if sound is None or sound.play_start_ms is None or sound.play_end_ms is None:
            return None
        length_ms = sound.play_end_ms - sound.play_start_ms
        return sound.play_start_ms + self.share[0] * length_ms, sound.play_start_ms + self.share[1] * length_ms

    @property
    def speed(self) -> float:
        return self.sound.audio_ms / self.sound.played_ms if self.sound and self.sound.played_ms else 1.0


@dataclass(slots=True)
class Replay:
    """One trace, replayed."""

    trace: Trace
    target: str
    clauses: list[SpokenClause] = field(default_factory=list)
    translation_calls: int = 0
    """Those ahead of time included, whether or not they were of use."""
    speech_calls: int = 0
    """The same of the voice."""
    catch_up: Counter[CatchUp] = field(default_factory=Counter)
    """How many clauses were subject to each measure against lag."""
    clears: int = 0
    """How often audio that was already sent was taken back."""
    state_bytes: list[int] = field(default_factory=list)
    """The size of the core's state, every minute."""

    @property
    def direction(self) -> str:
        return f"{self.trace.language}-{self.target}"


def replay(
    trace: Trace,
    target: str,
    stand_ins: StandIns = StandIns(),
    configure: Callable[[CallConfig], CallConfig] | None = None,
) -> Replay:
    """Replay one trace; ``configure`` changes the call's configuration. Raises ReplayError."""
    config = call_config(trace, target)
    return _Stage(trace, target, stand_ins, configure(config) if configure else config).run()


def call_config(trace: Trace, target: str) -> CallConfig:
    """Return the configuration of a call in which the trace's language is spoken and ``target`` heard."""
    client_language = target if trace.language == AGENT_LANGUAGE else trace.language
    return CallConfig(
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        agent_language=AGENT_LANGUAGE,
        client_language_hint=LanguageHint(HintSource.PARAMETER, client_language),
        client_languages=(client_language,),
        bridge_language=client_language,
        ringback=b"",
        sound=ToneSound(),
        segmenter=SegmenterLimits(pause_ms=trace.pause_ms),
        stream_timeout_ms=60_000,
        ring_timeout_ms=25_000,
        maximum_ms=24 * 3_600_000,
        final_timeout_ms=_FINAL_TIMEOUT_MS[trace.kind],
    )


class _Loudspeaker:
    """The listener's telephone: plays what it is sent, in order, and knows whose audio it is."""

    def __init__(self) -> None:
        self.busy_until_ms = 0.0
        self._owners: dict[int, Sound] = {}
        self.begun: deque[Sound] = deque()
        """What began to be heard, in that order."""

    def expect(self, clause: int, sound: Sound) -> int:
        """Return the byte value that this clause's audio is to be made of."""
        colour = _FIRST_COLOUR + clause % _COLOURS
        self._owners[colour] = sound
        return colour

    def play(self, ulaw: bytes, now_ms: int) -> None:
        at_ms = max(self.busy_until_ms, float(now_ms))
        for colour, length in _colours(ulaw):
            length_ms = length / BYTES_PER_MS
            sound = self._owners.get(colour)
            if sound is not None:
                if sound.play_start_ms is None:
                    sound.play_start_ms = at_ms
                    self.begun.append(sound)
                sound.play_end_ms = at_ms + length_ms
                sound.played_ms += length_ms
            at_ms += length_ms
        self.busy_until_ms = at_ms

    def sound_of(self, text: str) -> Sound:
        """Return the sound that holds the clause reported next: the last one begun, or another clause's of it."""
        if len(self.begun) > 1 and text not in self.begun[0].text:
            self.begun.popleft()
        return self.begun[0]

    def clear(self, now_ms: int) -> None:
        self.busy_until_ms = min(self.busy_until_ms, float(now_ms))


def _colours(ulaw: bytes) -> list[tuple[int, int]]:
    """Return the byte values in a row and how often each comes."""
    if ulaw.count(ulaw[0]) == len(ulaw):
        return [(ulaw[0], len(ulaw))]
    return [(value, sum(1 for _ in same)) for value, same in groupby(ulaw)]


class _Stage:
    """One replay in progress. Its clock is the trace's: the call was connected before 0."""

    def __init__(self, trace: Trace, target: str, stand_ins: StandIns, config: CallConfig) -> None:
        self._trace = trace
        self._config = config
        self._stand_ins = stand_ins
        ratio = expansion(trace.language, target) if stand_ins.expansion is None else stand_ins.expansion
        self._audio_ms_per_word = 1000 * ratio / stand_ins.words_per_s
        self._speaker = Leg.AGENT if trace.language == AGENT_LANGUAGE else Leg.CLIENT
        self._core = CallCore(config)
        self._now_ms = 0
        self._answers: list[tuple[int, int, Event]] = []
        """What the stand-ins will say: a heap by time."""
        self._order = count()
        self._loudspeaker = _Loudspeaker()
        self._result = Replay(trace, target)
        self._clauses: dict[int, SpokenClause] = {}
        """By sequence."""
        self._utterance = 0
        self._next_state_ms = _STATE_EVERY_MS

    def run(self) -> Replay:
        self._give(StreamOpened(Leg.CLIENT), -_CONNECTED_MS)
        self._give(StreamOpened(Leg.AGENT), -_CONNECTED_MS)
        for at_ms, event in self._script():
            self._pass_time(at_ms)
            self._give(event, at_ms)
        self._give(EndRequested(EndReason.ADMINISTRATOR), self._now_ms)
        self._result.clauses = [clause for _, clause in sorted(self._clauses.items())]
        return self._result

    def _script(self) -> Iterator[tuple[int, Event]]:
        """Yield the frames and the transcripts in order, then silence until everything was heard."""
        transcripts = iter(self._trace.heard)
        heard = next(transcripts, None)
        for end_ms, frame in self._frames():
            while heard is not None and heard.at_ms < end_ms:
                yield heard.at_ms, TranscriptHeard(self._speaker, heard.transcript)
                heard = next(transcripts, None)
            if heard is None and self._is_done():
                return
            yield end_ms, frame

    def _frames(self) -> Iterator[tuple[int, FrameHeard]]:
        nothing = silence(FRAME_MS)
        sequence = 0
        runs = [(run.is_speech, run.duration_ms) for run in self._trace.speech]
        for is_speech, duration_ms in [*runs, (False, _LONGEST_TAIL_MS)]:
            for _ in range(duration_ms // FRAME_MS):
                frame = AudioFrame(self._speaker, sequence + 1, sequence * FRAME_MS, nothing)
                sequence += 1
                yield sequence * FRAME_MS, FrameHeard(frame, is_speech)

    def _is_done(self) -> bool:
        if self._now_ms < self._trace.duration_ms + _TAIL_MS:
            return False
        return not self._answers and self._loudspeaker.busy_until_ms <= self._now_ms

    def _pass_time(self, until_ms: int) -> None:
        """Let the stand-ins answer and the core wake, in order, until that time."""
        while True:
            wake_ms = max(self._core.next_wake_ms(self._clock(self._now_ms)) - _CONNECTED_MS, self._now_ms + 1)
            answer_ms = self._answers[0][0] if self._answers else until_ms + 1
            if min(wake_ms, answer_ms) > until_ms:
                return
            if answer_ms <= wake_ms:
                _, _, event = heapq.heappop(self._answers)
                self._give(event, answer_ms)
            else:
                self._give(TimePassed(), wake_ms)

    def _give(self, event: Event, at_ms: int) -> None:
        self._now_ms = max(self._now_ms, at_ms) if at_ms >= 0 else at_ms
        for command in self._core.handle(event, self._clock(self._now_ms)):
            self._carry_out(command)
        if self._now_ms >= self._next_state_ms:
            self._next_state_ms += _STATE_EVERY_MS
            self._result.state_bytes.append(state_bytes(self._core))

    def _clock(self, at_ms: int) -> int:
        return at_ms + _CONNECTED_MS

    def _carry_out(self, command: Command) -> None:
        match command:
            case BeginUtterance(leg, utterance, at_ms) if leg is self._speaker:
                self._utterance = utterance
                self._check(0, at_ms)
            case EndUtterance(leg, at_ms) if leg is self._speaker:
                self._check(1, at_ms)
            case Translate(clause, text):
                self._translate(clause, text)
            case Speak(clause, text):
                self._speak(clause, text)
            case PlayAudio(leg, ulaw) if leg is self._speaker.other:
                self._loudspeaker.play(ulaw, self._now_ms)
            case SendMark(leg, name):
                self._answer(MarkReached(leg, name), max(self._now_ms, round(self._loudspeaker.busy_until_ms)))
            case ClearPlayout(leg) if leg is self._speaker.other:
                self._result.clears += 1
                self._loudspeaker.clear(self._now_ms)
            case ReportUtterance(record, is_amended=False):
                self._report(record)
            case ReportCatchUp(measures=measures):
                self._result.catch_up.update(measures)
            case _:
                pass

    def _translate(self, clause: int, text: str) -> None:
        self._result.translation_calls += 1
        self._answer(TranslationReady(clause, text), self._now_ms + self._stand_ins.translation_ms)

    def _speak(self, clause: int, text: str) -> None:
        self._result.speech_calls += 1
        at_ms = self._now_ms + self._stand_ins.first_audio_ms
        sound = Sound(text, at_ms, max(FRAME_MS, round(count_words(text) * self._audio_ms_per_word)))
        value = bytes([self._loudspeaker.expect(clause, sound)])
        for start_ms in range(0, sound.audio_ms, self._stand_ins.piece_ms):
            length_ms = min(self._stand_ins.piece_ms, sound.audio_ms - start_ms)
            self._answer(SpeechReady(clause, value * (length_ms * BYTES_PER_MS)), at_ms)
            at_ms += round(length_ms * self._stand_ins.real_time_factor)
        self._answer(SpeechFinished(clause), at_ms)

    def _report(self, record: UtteranceRecord) -> None:
        """Note what became of a clause. Clauses are reported as spoken in the order in which they begin to be heard."""
        ended_ms = round((record.started_at - self._config.started_at).total_seconds() * 1000) + record.speech_ms
        committed_ms = ended_ms + (record.recognition_ms or 0) - _CONNECTED_MS
        clause = SpokenClause(
            text=record.source_text,
            reason=record.commit_reason,
            committed_ms=committed_ms,
            translated_ms=None if record.translation_ms is None else committed_ms + record.translation_ms,
            outcome=record.outcome,
        )
        if record.outcome is Outcome.SPOKEN and record.translated_text:
            clause.sound = self._loudspeaker.sound_of(record.translated_text)
            clause.share = clause.sound.claim(record.translated_text)
        self._clauses[record.sequence] = clause

    def _answer(self, event: Event, at_ms: int) -> None:
        heapq.heappush(self._answers, (at_ms, next(self._order), event))

    def _check(self, side: int, at_ms: int) -> None:
        made = self._trace.utterances[self._utterance - 1 : self._utterance]
        if not made or made[0][side] != at_ms:
            raise ReplayError(f"{self._trace.name}: utterance {self._utterance} is not where the trace has it")


def count_words(text: str) -> int:
    """Count what is said of a text: tokens of punctuation alone are not."""
    return sum(any(character.isalnum() for character in token) for token in text.split())


def state_bytes(root: object) -> int:
    """Return the size of everything that can be reached from an object, code left out."""
    seen: set[int] = set()
    waiting = [root]
    size = 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen or isinstance(item, type | FunctionType | ModuleType):
            continue
        seen.add(id(item))
        size += sys.getsizeof(item)
        waiting += gc.get_referents(item)
    return size
