"""Pauses that nobody needs: what a voice adds before, between and after its words is cut while the listener waits."""

from __future__ import annotations

import audioop

from app.audio.ulaw import ulaw_to_pcm16
from app.domain.audio import BYTES_PER_MS

_FRAME_BYTES = 10 * BYTES_PER_MS
_LEAD_BYTES = 20 * BYTES_PER_MS
_TAIL_BYTES = 80 * BYTES_PER_MS
_PAUSE_BYTES = 250 * BYTES_PER_MS
_SILENCE_BELOW_SPEECH = 10 ** (-35 / 20)
"""A frame 35 dB below the speaker's loudest is silence; the weakest consonants are about 30 dB below their vowels."""
_USUAL_SPEECH_RMS = 2000.0
"""-24 dBFS: how loud a speaker is taken to be before anything was heard of them."""
_LEVEL_FALL_PER_FRAME = 0.999
"""The loudest is forgotten by 0.9 dB a second of speech."""


class PauseTrimmer:
    """One clip after the other of mu-law 8 kHz speech, with lead, tail and inner pauses cut to 20, 80 and 250 ms.

    Silence is measured by the speaker's own loudness, which is remembered from clip to clip. Speech is never held back:
    only the end of a pause is, until it is known to be an inner one.
    """

    def __init__(self) -> None:
        self._rest = b""
        """Less than a frame."""
        self._held = b""
        """The latest silence of the lead or of a pause: heard only if speech follows."""
        self._speech_rms = _USUAL_SPEECH_RMS
        self._has_begun = False
        """Whether anything of this clip was let through."""
        self._quiet_bytes = 0
        """How much of the pause that goes on was let through."""
        self._trimmed_bytes = 0

    @property
    def trimmed_ms(self) -> int:
        """How much silence was cut so far, of all clips."""
        return self._trimmed_bytes // BYTES_PER_MS

    def trim(self, ulaw: bytes, is_on: bool) -> bytes:
        """Take the next piece of any length; return what is ready, which may be empty.

        While it is off everything passes at once, what was held before included.
        """
        audio = self._rest + ulaw
        whole = len(audio) - len(audio) % _FRAME_BYTES
        self._rest = audio[whole:]
        frames = [audio[start : start + _FRAME_BYTES] for start in range(0, whole, _FRAME_BYTES)]
        if is_on:
            return b"".join([self._take(frame) for frame in frames])
        for frame in frames:
            self._is_silent(frame)
        passing = self._held + audio
        self._held = self._rest = b""
        self._has_begun = self._has_begun or bool(passing)
        self._quiet_bytes = 0
        return passing

    def flush(self) -> bytes:
        """End the clip: return what of its end is speech."""
        rest, self._rest = self._rest, b""
        left = self._take(rest) if rest else b""
        self._trimmed_bytes += len(self._held)
        self._held = b""
        self._has_begun = False
        self._quiet_bytes = 0
        return left

    def _take(self, frame: bytes) -> bytes:
        if not self._is_silent(frame):
            passing = self._held + frame
            self._held = b""
            self._has_begun = True
            self._quiet_bytes = 0
            return passing
        if self._has_begun and self._quiet_bytes < _TAIL_BYTES:
            self._quiet_bytes += len(frame)
            return frame
        held = self._held + frame
        limit = _PAUSE_BYTES - _TAIL_BYTES if self._has_begun else _LEAD_BYTES
        self._held = held[-limit:]
        self._trimmed_bytes += len(held) - len(self._held)
        return b""

    def _is_silent(self, frame: bytes) -> bool:
        rms = audioop.rms(ulaw_to_pcm16(frame), 2)
        is_silent = rms < self._speech_rms * _SILENCE_BELOW_SPEECH
        if not is_silent:
            self._speech_rms = max(float(rms), self._speech_rms * _LEVEL_FALL_PER_FRAME)
        return is_silent
