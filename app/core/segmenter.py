"""Where speech begins, pauses and ends, counted in audio time: no clock, so a test needs no sleep."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from app.domain.audio import FRAME_MS

_ONSET_FRAMES = 5
_ONSET_WINDOW_FRAMES = 8
"""Speech begins when 100 ms of the last 160 ms are voiced: a click is not speech."""
_PREROLL_MS = 240
"""How much sound before the onset belongs to the utterance: consonants that voice activity misses."""
_HOLD_FRAMES = 2
"""Voiced frames in a row that it takes to keep an utterance open: single ones are noise."""
_HINT_MS = 60
"""Silence after which a pause is announced. From 120 ms a recogniser that decodes ahead has the final of 3 to 8 s of
speech 0.60 s after its end in the median, from 60 ms 0.52 s, for an eighth more work in vain."""


class Boundary(Enum):
    BEGAN = auto()
    PAUSED = auto()
    RESUMED = auto()
    """After a pause that was announced and did not end the utterance."""
    ENDED = auto()


@dataclass(frozen=True, slots=True)
class SegmenterLimits:
    pause_ms: int
    """The silence that ends an utterance."""
    long_pause_ms: int = 300
    """The silence that ends a long utterance: after ``long_speech_ms`` a shorter pause is enough."""
    long_speech_ms: int = 7000
    maximum_speech_ms: int = 20_000
    """An utterance that never pauses is cut here, and the next one begins at once."""


@dataclass(frozen=True, slots=True)
class SpeechBoundary:
    kind: Boundary
    at_ms: int
    """On the leg's stream clock: the first or the last moment of the speech."""


class Segmenter:
    """One leg's speech, cut into utterances."""

    __slots__ = ("_began_ms", "_earliest_ms", "_hinted", "_limits", "_recent", "_voiced_run", "_voiced_until_ms")

    def __init__(self, limits: SegmenterLimits) -> None:
        self._limits = limits
        self._recent: deque[bool] = deque(maxlen=_ONSET_WINDOW_FRAMES)
        self._earliest_ms = 0
        self._began_ms: int | None = None
        self._voiced_until_ms = 0
        self._voiced_run = 0
        self._hinted = False

    def add(self, at_ms: int, is_speech: bool) -> SpeechBoundary | None:
        """Take the next frame, which begins at ``at_ms``; return the boundary that it reveals."""
        if self._began_ms is not None:
            return self._follow(at_ms, is_speech, self._began_ms)
        self._recent.append(is_speech)
        return self._find_onset(at_ms) if is_speech else None

    def close(self) -> SpeechBoundary | None:
        """End the open utterance where its speech last was: the audio has stopped coming."""
        return None if self._began_ms is None else self._end(self._voiced_until_ms)

    def _find_onset(self, at_ms: int) -> SpeechBoundary | None:
        if sum(self._recent) < _ONSET_FRAMES:
            return None
        first_voiced = len(self._recent) - list(self._recent).index(True)
        onset_ms = at_ms + FRAME_MS - first_voiced * FRAME_MS
        self._began_ms = max(self._earliest_ms, onset_ms - _PREROLL_MS, 0)
        self._voiced_until_ms = at_ms + FRAME_MS
        self._voiced_run = _HOLD_FRAMES
        self._hinted = False
        self._recent.clear()
        return SpeechBoundary(Boundary.BEGAN, self._began_ms)

    def _follow(self, at_ms: int, is_speech: bool, began_ms: int) -> SpeechBoundary | None:
        frame_end_ms = at_ms + FRAME_MS
        self._voiced_run = self._voiced_run + 1 if is_speech else 0
        if self._voiced_run >= _HOLD_FRAMES:
            self._voiced_until_ms = frame_end_ms
            if self._hinted and frame_end_ms - began_ms < self._limits.maximum_speech_ms:
                self._hinted = False
                return SpeechBoundary(Boundary.RESUMED, frame_end_ms - _HOLD_FRAMES * FRAME_MS)
        if frame_end_ms - began_ms >= self._limits.maximum_speech_ms:
            return self._end(frame_end_ms)
        silence_ms = frame_end_ms - self._voiced_until_ms
        if silence_ms and silence_ms >= self._pause_ms(self._voiced_until_ms - began_ms):
            return self._end(self._voiced_until_ms)
        if silence_ms >= _HINT_MS and not self._hinted:
            self._hinted = True
            return SpeechBoundary(Boundary.PAUSED, self._voiced_until_ms)
        return None

    def _pause_ms(self, speech_ms: int) -> int:
        if speech_ms < self._limits.long_speech_ms:
            return self._limits.pause_ms
        return min(self._limits.pause_ms, self._limits.long_pause_ms)

    def _end(self, at_ms: int) -> SpeechBoundary:
        self._began_ms = None
        self._earliest_ms = at_ms
        self._voiced_run = 0
        return SpeechBoundary(Boundary.ENDED, at_ms)
