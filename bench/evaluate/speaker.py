"""A speaker without a voice: when each word of a text is said, with pauses, hesitations and fillers.

Word lengths follow their syllables; pauses are lognormal, as in conversation (Campione and Veronis 2002, "A large-scale
multilingual study of silent pause duration").
"""

from __future__ import annotations

import math
import random
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.domain.audio import FRAME_MS
from bench.evaluate.sentences import split_words
from bench.evaluate.trace import SpeechRun, Turn, Word

SENTENCE_ENDS = ".!?…؟"
CLAUSE_ENDS = ",;:،؛"
_CLOSING = "\"'»”’)] "
_VOWELS = frozenset("aeiouyæœ")
_SYLLABLES_PER_DIGIT = 2
_SYLLABLES_PER_ARABIC_LETTER = 0.45
_WORD_SPREAD = 0.12
_UNBROKEN_MS = 80
"""A shorter gap between two words is no silence to voice activity."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody speaks. Pauses are medians; a spread is the sigma of the logarithm."""

    words_per_s: float
    """Inside phrases: pauses come on top."""
    sentence_pause_ms: int = 450
    clause_pause_ms: int = 220
    clause_pause_probability: float = 0.75
    hesitation_ms: int = 350
    hesitation_probability: float = 0.04
    """At each gap between words without punctuation."""
    filler_share: float = 0.5
    """Of the hesitations: a sound that is no word, which recognisers leave out."""
    pause_spread: float = 0.5
    longest_pause_ms: int = 1500
    turn_gap_ms: tuple[int, int] = (4000, 7000)
    """Between two turns, while the other party answers."""


@dataclass(frozen=True, slots=True)
class Talk:
    turns: tuple[Turn, ...]
    speech: tuple[SpeechRun, ...]


def say(turns: Sequence[tuple[Sequence[str], dict[str, str]]], manner: Manner, rng: random.Random) -> Talk:
    """Say turns, each a list of sentences with its references, one after the other."""
    all_words = [word for sentences, _ in turns for sentence in sentences for word in split_words(sentence)]
    mean_syllables = sum(map(syllables, all_words)) / len(all_words)
    said: list[Turn] = []
    sounds: list[tuple[int, int]] = []
    now_ms = 1000.0
    for sentences, references in turns:
        words: list[Word] = []
        for text in (word for sentence in sentences for word in split_words(sentence)):
            length_ms = _length_ms(text, mean_syllables, manner, rng)
            words.append(Word(text, round(now_ms), round(now_ms + length_ms)))
            sounds.append((round(now_ms), round(now_ms + length_ms)))
            now_ms += length_ms
            pause_ms, filler_ms = _pause(text, manner, rng)
            if filler_ms:
                sounds.append((round(now_ms + 60), round(now_ms + 60 + filler_ms)))
            now_ms += pause_ms
        said.append(Turn(tuple(sentences), references, tuple(words)))
        now_ms = words[-1].end_ms + rng.uniform(*manner.turn_gap_ms)
    return Talk(tuple(said), tuple(_runs(sounds, round(now_ms))))


def syllables(word: str) -> float:
    """Estimate how many syllables a written word has, from its groups of vowels, digits and Arabic letters."""
    bare = unicodedata.normalize("NFD", word.casefold())
    groups = sum(is_vowel for is_vowel, _ in groupby(bare, key=lambda character: character in _VOWELS))
    digits = sum(character.isdigit() for character in bare)
    arabic = sum("\u0621" <= character <= "\u064a" for character in bare)
    return max(1.0, groups + digits * _SYLLABLES_PER_DIGIT + arabic * _SYLLABLES_PER_ARABIC_LETTER)


def ends_sentence(word: str) -> bool:
    return word.rstrip(_CLOSING)[-1:] in tuple(SENTENCE_ENDS)


def ends_clause(word: str) -> bool:
    """Whether punctuation follows: the end of a sentence or a comma."""
    return word.rstrip(_CLOSING)[-1:] in tuple(SENTENCE_ENDS + CLAUSE_ENDS)


def _length_ms(word: str, mean_syllables: float, manner: Manner, rng: random.Random) -> float:
    relative = 0.5 + 0.5 * syllables(word) / mean_syllables
    return 1000 / manner.words_per_s * relative * rng.lognormvariate(0.0, _WORD_SPREAD)


def _pause(word: str, manner: Manner, rng: random.Random) -> tuple[float, float]:
    """Return the gap after a word and how much of it a filler takes."""
    if ends_sentence(word):
        return _drawn(manner.sentence_pause_ms, manner, rng), 0.0
    if ends_clause(word):
        pauses = rng.random() < manner.clause_pause_probability
        return (_drawn(manner.clause_pause_ms, manner, rng) if pauses else 0.0), 0.0
    if rng.random() >= manner.hesitation_probability:
        return 0.0, 0.0
    pause_ms = _drawn(manner.hesitation_ms, manner, rng)
    return (pause_ms + 120, pause_ms) if rng.random() < manner.filler_share else (pause_ms, 0.0)


def _drawn(median_ms: int, manner: Manner, rng: random.Random) -> float:
    return min(rng.lognormvariate(math.log(median_ms), manner.pause_spread), manner.longest_pause_ms)


def _runs(sounds: Iterable[tuple[int, int]], end_ms: int) -> Iterator[SpeechRun]:
    """Yield what voice activity says of the frames, from 0 to ``end_ms``."""
    merged: list[tuple[int, int]] = []
    for start_ms, stop_ms in sounds:
        if merged and start_ms - merged[-1][1] < _UNBROKEN_MS:
            merged[-1] = (merged[-1][0], stop_ms)
        else:
            merged.append((start_ms, stop_ms))
    frame = 0
    for start_ms, stop_ms in merged:
        first, last = max(frame, round(start_ms / FRAME_MS)), round(stop_ms / FRAME_MS)
        if first > frame:
            yield SpeechRun(False, (first - frame) * FRAME_MS)
        if last > first:
            yield SpeechRun(True, (last - first) * FRAME_MS)
            frame = last
        else:
            frame = first
    if end_ms // FRAME_MS > frame:
        yield SpeechRun(False, (end_ms // FRAME_MS - frame) * FRAME_MS)
