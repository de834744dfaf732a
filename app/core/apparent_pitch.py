"""How high a party's voice sounds: low or high, once enough of it was heard.

Men speak at about 120 Hz and women at 210 Hz (H. Traunmüller and A. Eriksson, "The frequency range of the voice
fundamental in the speech of male and female adults", 1994); each varies by a few semitones, and the ranges of
individual speakers meet between 155 and 165 Hz (R. J. Baken, "Clinical Measurement of Speech and Voice", 2000).
"""

from __future__ import annotations

from bisect import insort

from app.domain.audio import FRAME_MS
from app.domain.voices import Register

LOW_BELOW_HZ = 155.0
HIGH_ABOVE_HZ = 175.0
"""A voice between the two is neither, for as long as it stays there."""
_ENOUGH_SPEECH_MS = 2000
_ENOUGH_PITCHES = 10
_MAXIMUM_PITCHES = 500
"""Who is neither after so many (half a minute of voice) is left alone."""


class ApparentPitch:
    """One speaker's. What was decided stays, so that nobody's voice changes in the middle of a conversation."""

    __slots__ = ("_pitches_hz", "_speech_ms", "is_open", "register")

    def __init__(self) -> None:
        self.register: Register | None = None
        """None while it is unknown."""
        self.is_open = True
        """Whether more speech may still tell."""
        self._pitches_hz: list[float] = []
        """In order of height."""
        self._speech_ms = 0

    def hear(self, is_speech: bool, pitch_hz: float | None) -> None:
        """Take the next frame: whether it is speech, and its pitch where that was measured."""
        if not self.is_open:
            return
        self._speech_ms += FRAME_MS if is_speech else 0
        if pitch_hz is None:
            return
        insort(self._pitches_hz, pitch_hz)
        if self._speech_ms >= _ENOUGH_SPEECH_MS and len(self._pitches_hz) >= _ENOUGH_PITCHES:
            self._decide(self._pitches_hz[len(self._pitches_hz) // 2])
        self.is_open = self.register is None and len(self._pitches_hz) < _MAXIMUM_PITCHES

    def _decide(self, median_hz: float) -> None:
        if median_hz < LOW_BELOW_HZ:
            self.register = Register.LOW
        elif median_hz > HIGH_ABOVE_HZ:
            self.register = Register.HIGH
        if self.register is not None:
            self._pitches_hz.clear()
