"""What the local recognisers "recognise" is loudness: 300 ms of sound make a word.

A word is named by its place among the connection's words, so that a lost or doubled stretch of audio shows. With a
lexicon they recognise recordings, word by word.
"""

from __future__ import annotations

import audioop
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tests.vendors.sockets import SocketVendor

WORD_MS = 300
FRAME_MS = 20
BYTES_PER_MS = 8
LOUD_RMS = 200
ALIKE = 0.99
"""The correlation of the same 20 ms before and after a change of the sampling rate; others are below 0.98."""


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    start_ms: int
    end_ms: int


class ListeningVendor(SocketVendor):
    """A recogniser."""

    def __init__(self) -> None:
        super().__init__()
        self.lexicon: Mapping[bytes, str] = {}
        """Which 20 ms end which word; empty: what is loud is words."""


class Ears:
    """One connection's audio, mu-law at 8 kHz."""

    def __init__(self, lexicon: Mapping[bytes, str] = MappingProxyType({})) -> None:
        """``lexicon``: which 20 ms end which word, for recordings that are known word by word."""
        self.heard_ms = 0
        self.quiet_ms = 0
        """Since the last sound."""
        self._loud_ms = 0
        self._count = 0
        self._rest = b""
        self._lexicon = lexicon

    def hear(self, ulaw: bytes) -> list[Word]:
        """Return the words that end in this audio."""
        self._rest += ulaw
        words: list[Word] = []
        frame_bytes = FRAME_MS * BYTES_PER_MS
        while len(self._rest) >= frame_bytes:
            frame, self._rest = self._rest[:frame_bytes], self._rest[frame_bytes:]
            self.heard_ms += FRAME_MS
            if frame in self._lexicon:
                words.append(Word(self._lexicon[frame], self.heard_ms - WORD_MS, self.heard_ms))
            if audioop.rms(audioop.ulaw2lin(frame, 2), 2) <= LOUD_RMS:
                self.quiet_ms += FRAME_MS
                continue
            self.quiet_ms = 0
            self._loud_ms += FRAME_MS
            if self._loud_ms >= WORD_MS and not self._lexicon:
                self._loud_ms = 0
                self._count += 1
                words.append(Word(f"word{self._count}", self.heard_ms - WORD_MS, self.heard_ms))
        return words


class Templates:
    """A lexicon for sound that is no mu-law any more: its samples are nearly those that end a word."""

    def __init__(self, lexicon: Mapping[bytes, str]) -> None:
        self._words = list(lexicon.values())
        sounds = [np.frombuffer(audioop.ulaw2lin(frame, 2), "<i2").astype(np.float32) for frame in lexicon]
        self._sounds = np.array([sound / np.linalg.norm(sound) for sound in sounds])

    def word(self, pcm16: bytes) -> str | None:
        """Return the word that ends in these 20 ms of 8 kHz, if one does."""
        sound = np.frombuffer(pcm16, "<i2").astype(np.float32)
        loudness = float(np.linalg.norm(sound))
        if not loudness:
            return None
        alike = self._sounds @ (sound / loudness)
        best = int(np.argmax(alike))
        return self._words[best] if alike[best] >= ALIKE else None
