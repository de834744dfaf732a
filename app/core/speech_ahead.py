"""The voice of a clause that is not committed yet: it is made ahead of time, and nobody hears it before the commit."""

from __future__ import annotations

from app.domain.audio import duration_ms

_MAXIMUM_MS = 20_000
"""More audio means that the voice has lost its mind: the rest is not kept."""


class SpeechAhead:
    """What one voice was asked for ahead of time, and the audio of it that has come so far."""

    def __init__(self, clause: int, text: str) -> None:
        self.clause = clause
        self.text = text
        self.pieces: list[bytes] = []
        self.is_over = False
        """Whether the voice has said all of it."""
        self._audio_ms = 0

    def voiced(self, ulaw: bytes) -> None:
        """Keep the next audio."""
        if self._audio_ms < _MAXIMUM_MS:
            self.pieces.append(ulaw)
            self._audio_ms += duration_ms(ulaw)
