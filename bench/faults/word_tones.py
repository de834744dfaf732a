"""A voice whose words can be told apart by arithmetic: every word is a chord of two tones of its own.

So what reached a listener's ear is known word by word and to 10 ms, whatever the bridge did on the way: other voices,
time-stretch, trimmed pauses, another volume. No recogniser has to be trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations, groupby

import numpy as np
from numpy.typing import NDArray

from app.audio.ulaw import float_to_ulaw, ulaw_to_float

RATE_HZ = 8000
MS_PER_CHARACTER = 65
SHORTEST_MS = 110
PAUSE_MS = 60
TONES_HZ = np.arange(400, 3101, 150)
_WINDOW = 320
_HOP = 80
_LOUD = 0.01
"""RMS of a window that is no silence, full scale = 1."""
_PURE = 0.6
"""The least share of a window's power that is in the two strongest tones of a word."""
_SHORTEST_WINDOWS = 3
_CRACK_MS = 30

_SPEECH = re.compile(r"\[[^\]]*\]|[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class HeardWord:
    word: str
    start_ms: int
    end_ms: int


def words_of(text: str) -> list[str]:
    """Return the words, in lower case; a tag in brackets is none."""
    return [found.lower() for found in _SPEECH.findall(text) if not found.startswith("[")]


class WordTones:
    """A code book for a vocabulary of up to 171 words."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        pairs = list(combinations(range(len(TONES_HZ)), 2))
        np.random.default_rng(5).shuffle(pairs)
        words = sorted(set(vocabulary))
        if len(words) > len(pairs):
            raise ValueError(f"{len(words)} words, and only {len(pairs)} chords")
        self._chords = {word: tuple(pair) for word, pair in zip(words, pairs, strict=False)}
        self._words = {chord: word for word, chord in self._chords.items()}

    def speak(self, text: str) -> bytes:
        """Return mu-law; a word that is not in the vocabulary is a pause."""
        sounds = [self._sound(word) for word in words_of(text)]
        return float_to_ulaw(np.concatenate(sounds)) if sounds else b""

    def hear(self, ulaw: bytes) -> list[HeardWord]:
        """Return the words in a recording, in their order."""
        samples = ulaw_to_float(ulaw)
        windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP]
        if not len(windows):
            return []
        phases = np.exp(-2j * np.pi * np.outer(np.arange(_WINDOW), TONES_HZ) / RATE_HZ)
        shape = np.hanning(_WINDOW)
        power = np.abs((windows * shape) @ phases) ** 2
        strongest = np.sort(np.argsort(power, axis=1)[:, -2:], axis=1)
        total = np.sum((windows * shape) ** 2, axis=1) * np.sum(shape**2) / 2 + 1e-9
        share = np.take_along_axis(power, strongest, axis=1).sum(axis=1) / total / _chord_share(shape)
        is_word = (np.sqrt(np.mean(windows**2, axis=1)) > _LOUD) & (share > _PURE)
        labels = [tuple(pair) if good else None for pair, good in zip(strongest.tolist(), is_word, strict=True)]
        return _joined(self._runs(labels))

    def _runs(self, labels: list[tuple[int, ...] | None]) -> Iterable[HeardWord]:
        at = 0
        for label, run in groupby(labels):
            length = len(list(run))
            word = self._words.get(label) if label is not None else None
            if word is not None and length >= _SHORTEST_WINDOWS:
                middle_ms = _WINDOW * 500 // RATE_HZ
                start_ms, end_ms = (index * _HOP * 1000 // RATE_HZ + middle_ms for index in (at, at + length))
                yield HeardWord(word, start_ms, end_ms)
            at += length

    def _sound(self, word: str) -> NDArray[np.float32]:
        length = max(SHORTEST_MS, MS_PER_CHARACTER * len(word)) * RATE_HZ // 1000
        times = np.arange(length) / RATE_HZ
        sound = np.zeros(length + PAUSE_MS * RATE_HZ // 1000, np.float32)
        for tone in self._chords.get(word, ()):
            sound[:length] += 0.2 * np.sin(2 * np.pi * TONES_HZ[tone] * times)
        edge = np.minimum(1.0, np.minimum(times, times[::-1]) * 200)
        sound[:length] *= edge
        return sound


def _joined(heard: Iterable[HeardWord]) -> list[HeardWord]:
    """Join what a time-stretch has cut in two."""
    words: list[HeardWord] = []
    for each in heard:
        if words and words[-1].word == each.word and each.start_ms - words[-1].end_ms <= _CRACK_MS:
            words[-1] = replace(words[-1], end_ms=each.end_ms)
        else:
            words.append(each)
    return words


def _chord_share(shape: NDArray[np.float64]) -> float:
    """Return the measure of a pure chord, to which others are compared."""
    times = np.arange(_WINDOW) / RATE_HZ
    chord = np.sin(2 * np.pi * TONES_HZ[3] * times) + np.sin(2 * np.pi * TONES_HZ[9] * times)
    phases = np.exp(-2j * np.pi * np.outer(np.arange(_WINDOW), TONES_HZ[[3, 9]]) / RATE_HZ)
    power = (np.abs((chord * shape) @ phases) ** 2).sum()
    return float(power / (np.sum((chord * shape) ** 2) * np.sum(shape**2) / 2))
