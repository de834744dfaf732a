"""From whatever the carrier sends to frames of exactly 20 ms on an unbroken clock."""

from __future__ import annotations

from app.domain.audio import BYTES_PER_MS, FRAME_BYTES, FRAME_MS, ULAW_SILENCE, AudioFrame, duration_ms
from app.domain.legs import Leg

_GAP_MS = 2 * FRAME_MS
"""A timestamp that jumps by less than this is jitter of the carrier's clock."""
_LONGEST_GAP_MS = 1000
"""Of a longer gap only this much silence is made: it ends any utterance."""


class Framer:
    """One leg's audio, cut to frames; what was lost on the way becomes silence, so that time stays true."""

    __slots__ = ("_expected_ms", "_leg", "_rest", "_sequence", "lost_ms")

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._rest = b""
        self._sequence = 0
        self._expected_ms: int | None = None
        self.lost_ms = 0
        """Audio that never arrived, by the carrier's own timestamps."""

    def add(self, timestamp_ms: int, ulaw: bytes) -> list[AudioFrame]:
        """Take one message of any length and its timestamp; return the frames that it completes."""
        gap_ms = 0 if self._expected_ms is None else timestamp_ms - self._expected_ms
        self._expected_ms = timestamp_ms + duration_ms(ulaw)
        if gap_ms >= _GAP_MS:
            self.lost_ms += gap_ms
            missing_ms = min(gap_ms, _LONGEST_GAP_MS) // FRAME_MS * FRAME_MS
            ulaw = ULAW_SILENCE * (missing_ms * BYTES_PER_MS) + ulaw
        pieces = [ulaw] if not self._rest and len(ulaw) == FRAME_BYTES else self._cut(ulaw)
        frames: list[AudioFrame] = []
        for piece in pieces:
            at_ms = self._sequence * FRAME_MS
            self._sequence += 1
            frames.append(AudioFrame(self._leg, self._sequence, at_ms, piece))
        return frames

    def _cut(self, ulaw: bytes) -> list[bytes]:
        audio = self._rest + ulaw
        whole = len(audio) - len(audio) % FRAME_BYTES
        self._rest = audio[whole:]
        return [audio[start : start + FRAME_BYTES] for start in range(0, whole, FRAME_BYTES)]
