"""Is this frame speech? A cheap gate that costs a few microseconds a frame."""

from __future__ import annotations

import audioop

import webrtcvad

from app.audio.ulaw import ulaw_to_pcm16
from app.domain.audio import SAMPLE_RATE_HZ

_QUIETEST_SPEECH_RMS = 80
"""About -52 dBFS: what is quieter is never speech."""
_ABOVE_NOISE_FLOOR = 2.0
"""Speech is at least 6 dB above the line's noise."""
_FLOOR_RISE_PER_FRAME = 1.003
"""The floor rises 1.3 dB a second, so that it follows noise and the gaps between words pull it back from speech."""


class VoiceActivityDetector:
    """One leg's voice activity: webrtcvad, and louder than the noise of the line.

    webrtcvad alone takes steady line noise for speech and would never hear the end of an utterance.
    """

    def __init__(self, aggressiveness: int) -> None:
        self._vad = webrtcvad.Vad(aggressiveness)
        self._noise_floor_rms = float(_QUIETEST_SPEECH_RMS)

    def is_speech(self, ulaw: bytes) -> bool:
        """Judge the next 20 ms of mu-law 8 kHz (160 bytes)."""
        pcm16 = ulaw_to_pcm16(ulaw)
        rms = audioop.rms(pcm16, 2)
        self._noise_floor_rms = max(1.0, min(float(rms), self._noise_floor_rms * _FLOOR_RISE_PER_FRAME))
        if rms < _QUIETEST_SPEECH_RMS or rms < self._noise_floor_rms * _ABOVE_NOISE_FLOOR:
            return False
        return bool(self._vad.is_speech(pcm16, SAMPLE_RATE_HZ))
