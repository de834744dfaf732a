"""Is this frame speech? A cheap gate that costs a few microseconds a frame."""

from __future__ import annotations

import audioop
from collections import deque

import webrtcvad

from app.audio.ulaw import ulaw_to_pcm16
from app.domain.audio import SAMPLE_RATE_HZ

_SILENCE_RMS = 8
"""About -72 dBFS, the smallest step of mu-law: what is quieter is the carrier's silence, not the line's noise."""
_ABOVE_NOISE_FLOOR = 2.0
"""Speech is at least 6 dB above the line's noise."""
_LEVEL_FALL_PER_FRAME = 0.998
"""The level of the speaker is forgotten by 0.9 dB a second."""
_WANTED_RMS = 1500.0
_FAINT_RMS = 120.0
"""Below about -49 dBFS mu-law's coarse steps blur what webrtcvad looks at: there loudness alone has to do."""


class VoiceActivityDetector:
    """One leg's voice activity: webrtcvad, at an even loudness, and louder than the noise of the line.

    webrtcvad alone takes steady line noise for speech, and would never hear the end of an utterance, and a quiet
    caller for silence: it has an absolute idea of loudness.
    """

    __slots__ = ("_level_rms", "_noise", "_vad")

    def __init__(self, aggressiveness: int) -> None:
        self._vad = webrtcvad.Vad(aggressiveness)
        self._noise = NoiseFloor()
        self._level_rms = 0.0

    def is_speech(self, ulaw: bytes) -> bool:
        """Judge the next 20 ms of mu-law 8 kHz (160 bytes)."""
        pcm16 = ulaw_to_pcm16(ulaw)
        rms = audioop.rms(pcm16, 2)
        self._level_rms *= _LEVEL_FALL_PER_FRAME
        if rms > self._level_rms:
            self._level_rms = float(rms)
        if rms < _SILENCE_RMS or rms < self._noise.follow(rms) * _ABOVE_NOISE_FLOOR:
            return False
        if self._level_rms < _FAINT_RMS:
            return True
        gain = _WANTED_RMS / self._level_rms
        if gain > 1.0:
            pcm16 = audioop.mul(pcm16, 2, gain)
        return bool(self._vad.is_speech(pcm16, SAMPLE_RATE_HZ))


class NoiseFloor:
    """The level of a line's noise, by minimum statistics (R. Martin, IEEE Trans. Speech Audio Process. 9, 2001).

    Speech dips to the noise between its syllables; whatever does not dip for two seconds is noise.
    """

    __slots__ = ("_frames_in_bucket", "_minima")

    _BUCKET_FRAMES = 10
    _BUCKETS = 10
    _LOUDEST_UNPROVED_RMS = 300.0
    """Before two seconds were heard, what is louder may as well be speech that begins abruptly."""

    def __init__(self) -> None:
        self._minima: deque[int] = deque(maxlen=self._BUCKETS)
        self._frames_in_bucket = 0

    def follow(self, rms: int) -> float:
        """Take the level of the next frame that is not silent; return the level of the noise."""
        if self._frames_in_bucket == 0:
            self._minima.append(rms)
        elif rms < self._minima[-1]:
            self._minima[-1] = rms
        self._frames_in_bucket = (self._frames_in_bucket + 1) % self._BUCKET_FRAMES
        floor = float(min(self._minima))
        is_proved = len(self._minima) == self._BUCKETS
        return floor if is_proved else min(floor, self._LOUDEST_UNPROVED_RMS)
