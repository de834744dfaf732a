"""Turns, where a vendor gives sound without end: a pause of its voice ends one, and so does a sentence.

Vendors may fill their pauses with silence or send nothing; both are the same to the listener. Silence outside a turn is
not worth a listener's time, and inside one it is kept.
"""

from __future__ import annotations

from collections.abc import Callable

from app.audio.ulaw import loudness
from app.domain.audio import BYTES_PER_MS, FRAME_BYTES
from app.domain.direct import DirectPiece, Spoken, TargetText, TurnEnded

PAUSE_MS = 500
"""So much silence ends a turn."""
_SENTENCE_MS = 2000
"""A turn with at least so much sound also ends with a sentence ..."""
_BREATH_MS = 80
"""... at a silence of this length."""
_LEAD_IN_BYTES = 2 * FRAME_BYTES
"""Of the silence before a turn: voices begin softly."""
_QUIET = 60
"""Below this loudness (root of the mean square, 16 bits: -55 dB) it is silence."""
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")


class TurnCutter:
    """One stream's voice and text on their way to ``put``."""

    def __init__(self, put: Callable[[DirectPiece], None]) -> None:
        self._put = put
        self._rest = b""
        self._silence = bytearray()
        """Of the open turn, not given yet; before a turn its lead-in."""
        self._turn_bytes = 0
        self._is_open = False
        self._text = ""

    @property
    def is_open(self) -> bool:
        """Whether a turn has begun and not ended."""
        return self._is_open

    def read(self, text: str) -> None:
        """Take the next text of what the voice says."""
        self._text += text
        self._put(TargetText(text))

    def hear(self, ulaw: bytes) -> None:
        """Take the next sound of the voice, in pieces of any length."""
        self._rest += ulaw
        whole = len(self._rest) - len(self._rest) % FRAME_BYTES
        frames, self._rest = self._rest[:whole], self._rest[whole:]
        spoken = bytearray()
        for start in range(0, whole, FRAME_BYTES):
            frame = frames[start : start + FRAME_BYTES]
            if loudness(frame) >= _QUIET:
                spoken += self._silence + frame
                self._silence.clear()
                self._is_open = True
                continue
            self._silence += frame
            if not self._is_open:
                del self._silence[:-_LEAD_IN_BYTES]
            elif self._is_pause(len(spoken)):
                self._give(spoken)
                spoken.clear()
                self.end()
        self._give(spoken)

    def end(self) -> None:
        """End the turn, if one is open: the voice gives nothing any more."""
        if self._is_open:
            self._is_open = False
            self._silence.clear()
            self._turn_bytes = 0
            self._text = ""
            self._put(TurnEnded())

    def _is_pause(self, spoken_bytes: int) -> bool:
        is_sentence = self._text.rstrip().endswith(_SENTENCE_ENDS)
        is_long = self._turn_bytes + spoken_bytes >= _SENTENCE_MS * BYTES_PER_MS
        pause_ms = _BREATH_MS if is_sentence and is_long else PAUSE_MS
        return len(self._silence) >= pause_ms * BYTES_PER_MS

    def _give(self, spoken: bytearray) -> None:
        if spoken:
            self._turn_bytes += len(spoken)
            self._put(Spoken(bytes(spoken)))
