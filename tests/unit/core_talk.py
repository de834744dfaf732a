"""Somebody who talks without end, through the real core, on a virtual clock: thousands of events in a second."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from app.core.call import CallCore
from app.core.segmenter import SegmenterLimits
from app.domain.audio import BYTES_PER_MS, FRAME_MS, AudioFrame, silence
from app.domain.commands import (
    BeginUtterance,
    CatchUp,
    Command,
    EndUtterance,
    ReportCatchUp,
    ReportUtterance,
    Speak,
    Translate,
)
from app.domain.events import (
    Event,
    FrameHeard,
    SpeechFinished,
    SpeechReady,
    StreamOpened,
    TimePassed,
    TranscriptHeard,
    TranslationReady,
)
from app.domain.legs import Leg
from app.domain.records import UtteranceRecord
from app.domain.transcripts import Transcript
from tests.unit.core_driver import call_config

PAUSE = b"\xff"
_RECOGNITION_MS = 300
_TRANSLATION_MS = 200
_VOICE_MS = 200


class ReckonedSound:
    """Sound arithmetic that keeps lengths and nothing else: what is a pause is all ``PAUSE``."""

    def stretcher(self) -> ReckonedStretcher:
        return ReckonedStretcher()

    def trimmer(self) -> ReckonedTrimmer:
        return ReckonedTrimmer()

    def fader(self) -> ReckonedFader:
        return ReckonedFader()

    def attenuate(self, ulaw: bytes, gain_db: float) -> bytes:
        return ulaw

    def mix(self, first: bytes, second: bytes) -> bytes:
        return max(first, second, key=len)


class ReckonedStretcher:
    def __init__(self) -> None:
        self._owed = 0.0

    def shape(self, ulaw: bytes, speed: float) -> bytes:
        self._owed += len(ulaw) / speed
        whole = int(self._owed)
        self._owed -= whole
        return ulaw[:1] * whole

    def flush(self) -> bytes:
        return b""


class ReckonedTrimmer:
    """Leaves a quarter of every pause."""

    def __init__(self) -> None:
        self.trimmed_ms = 0

    def trim(self, ulaw: bytes, is_on: bool) -> bytes:
        if not is_on:
            return ulaw
        kept = ulaw.count(PAUSE) // 4
        voice = ulaw.replace(PAUSE, b"")
        self.trimmed_ms += (len(ulaw) - len(voice) - kept) // BYTES_PER_MS
        return voice + PAUSE * kept

    def flush(self) -> bytes:
        return b""


class ReckonedFader:
    def fade(self, ulaw: bytes, gain_db: float) -> bytes:
        return ulaw


@dataclass(frozen=True)
class Talk:
    """How one speaks, and how it is spoken again."""

    minutes: float
    expansion: float = 1.35
    """The length of what is spoken, against what was said; pauses included."""
    pause_share: float = 0.1
    """Of what is spoken."""
    words_per_s: float = 3.4
    clause_ms: int = 3000


@dataclass
class Talked:
    """What became of it."""

    records: dict[int, UtteranceRecord] = field(default_factory=dict)
    measures: Counter[CatchUp] = field(default_factory=Counter)
    voice_ms: Counter[float] = field(default_factory=Counter)
    trimmed_ms: int = 0
    most_unreported: int = 0
    """The most clauses that were anywhere between being said and being reported."""

    def lags_ms(self) -> list[int]:
        """From the end of each clause to its first sound, in order; of those that were heard."""
        return [record.total_ms for _, record in sorted(self.records.items()) if record.total_ms is not None]


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[int(share * (len(values) - 1))]


class _Stage:
    def __init__(self, talk: Talk) -> None:
        limits = SegmenterLimits(pause_ms=500, maximum_speech_ms=talk.clause_ms)
        self._core = CallCore(call_config(sound=ReckonedSound(), segmenter=limits, maximum_ms=10**9))
        self._talk = talk
        self._due: list[tuple[int, int, Event]] = []
        self._order = count()
        self._utterance = 0
        self._translated = 0
        words = round(talk.words_per_s * talk.clause_ms / 1000 * talk.expansion)
        self._text = " ".join(["palabra"] * words) + "."
        self._voice_ms_per_character = talk.clause_ms * talk.expansion * (1 - talk.pause_share) / len(self._text)
        self.talked = Talked()

    def run(self) -> Talked:
        now_ms = 0
        for leg in Leg:
            self._give(StreamOpened(leg), now_ms)
        frames = count(1)
        next_frame_ms = FRAME_MS
        while now_ms < self._talk.minutes * 60_000:
            event_ms = self._due[0][0] if self._due else next_frame_ms
            now_ms = max(now_ms, min(next_frame_ms, event_ms, max(now_ms + 1, self._core.next_wake_ms(now_ms))))
            if self._due and event_ms <= now_ms:
                self._give(heapq.heappop(self._due)[2], now_ms)
            elif next_frame_ms <= now_ms:
                sequence = next(frames)
                next_frame_ms += FRAME_MS
                frame = AudioFrame(Leg.CLIENT, sequence, (sequence - 1) * FRAME_MS, silence(FRAME_MS))
                self._give(FrameHeard(frame, True), now_ms)
            else:
                self._give(TimePassed(), now_ms)
        return self.talked

    def _give(self, event: Event, now_ms: int) -> None:
        for command in self._core.handle(event, now_ms):
            self._answer(command, now_ms)

    def _answer(self, command: Command, now_ms: int) -> None:
        match command:
            case BeginUtterance(Leg.CLIENT, utterance):
                self._utterance = utterance
            case EndUtterance(Leg.CLIENT):
                final = Transcript(self._utterance, "Somebody talks on and on and on.", "", True, "en", 0.99)
                self._later(TranscriptHeard(Leg.CLIENT, final), now_ms + _RECOGNITION_MS)
            case Translate(clause):
                self._translated += 1
                self._later(TranslationReady(clause, self._text), now_ms + _TRANSLATION_MS)
            case Speak(clause, text):
                voice_ms = round(len(text) * self._voice_ms_per_character)
                pause_ms = round(voice_ms * self._talk.pause_share / (1 - self._talk.pause_share))
                ulaw = PAUSE * (pause_ms * BYTES_PER_MS) + b"\x20" * (voice_ms * BYTES_PER_MS)
                self._later(SpeechReady(clause, ulaw), now_ms + _VOICE_MS)
                self._later(SpeechFinished(clause), now_ms + _VOICE_MS)
            case ReportUtterance(record):
                assert record.sequence not in self.talked.records, "reported twice"
                self.talked.records[record.sequence] = record
            case ReportCatchUp():
                self.talked.measures.update(command.measures)
                self.talked.voice_ms.update(command.voice_ms)
                self.talked.trimmed_ms += command.trimmed_ms
            case _:
                pass
        unreported = self._translated - len(self.talked.records)
        self.talked.most_unreported = max(self.talked.most_unreported, unreported)

    def _later(self, event: Event, at_ms: int) -> None:
        heapq.heappush(self._due, (at_ms, next(self._order), event))


def talk(talk: Talk) -> Talked:
    """Let the client talk to the agent's ear."""
    return _Stage(talk).run()
