"""A streaming recogniser in the cloud, simulated over words whose times are known.

Interims every 100 to 200 ms guess their last words wrong now and then; a word becomes stable half a second after it was
said, later where it takes the next word to punctuate it; the final comes 250 ms after the bridge asked for it
(pipecat's stt-benchmark: 247 to 281 ms for the fastest vendors), and one in a hundred never comes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.core.segmenter import Boundary, Segmenter, SegmenterLimits
from app.domain.audio import FRAME_MS
from app.domain.transcripts import Transcript
from bench.evaluate.speaker import CLAUSE_ENDS, ends_clause, ends_sentence
from bench.evaluate.trace import Heard, SpeechRun, Word

_FIRST_GUESS_MS = 150
"""How much of a word must be heard to guess it."""
_CONFIDENCE = 0.97


@dataclass(frozen=True, slots=True)
class CloudHabits:
    stability_ms: int = 400
    """Median of one word by itself; since no word is stable before the one in front of it, the median of all is 500."""
    stability_spread: float = 0.35
    interim_ms: tuple[int, int] = (100, 200)
    transport_ms: int = 120
    """Between the audio and the first interim that can hold it."""
    final_ms: int = 250
    final_spread: float = 0.12
    missing_finals: float = 0.01
    wrong_last_word: float = 0.3
    wrong_word_before: float = 0.1
    kept_full_stops: float = 0.95
    kept_commas: float = 0.8
    punctuation_wait_ms: int = 600
    """Punctuation is written once the next word was heard, or after this much silence."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech as the bridge's segmenter cuts it."""

    number: int
    began_ms: int
    ended_ms: int
    decided_ms: int
    """When the end was known."""


def utterances(speech: Sequence[SpeechRun], limits: SegmenterLimits) -> Iterator[Utterance]:
    """Yield the utterances that the real segmenter finds."""
    segmenter = Segmenter(limits)
    now_ms, began_ms, number = 0, 0, 0
    for run in speech:
        for _ in range(run.duration_ms // FRAME_MS):
            boundary = segmenter.add(now_ms, run.is_speech)
            now_ms += FRAME_MS
            if boundary is None:
                continue
            if boundary.kind is Boundary.BEGAN:
                number, began_ms = number + 1, boundary.at_ms
            elif boundary.kind is Boundary.ENDED:
                yield Utterance(number, began_ms, boundary.at_ms, now_ms)


class CloudRecogniser:
    """Recognises one talk; the same seed gives the same transcripts."""

    def __init__(self, language: str, habits: CloudHabits, rng: random.Random) -> None:
        self._language = language
        self._habits = habits
        self._rng = rng

    def hear(self, words: Sequence[Word], cuts: Sequence[Utterance]) -> list[Heard]:
        """Return every transcript in the order of arrival."""
        vocabulary = sorted({word.text.strip(CLAUSE_ENDS) for word in words if not ends_clause(word.text)})
        heard: list[Heard] = []
        later = [*(cut.began_ms for cut in cuts[1:]), math.inf]
        for cut, next_ms in zip(cuts, later, strict=True):
            mine = [word for word in words if cut.began_ms <= (word.start_ms + word.end_ms) / 2 < next_ms]
            heard += self._utterance(cut, mine, vocabulary or ["-"])
        return sorted(heard, key=lambda each: each.at_ms)

    def _utterance(self, cut: Utterance, words: Sequence[Word], vocabulary: Sequence[str]) -> Iterator[Heard]:
        habits, rng = self._habits, self._rng
        texts = [self._as_written(word.text) for word in words]
        stable_at_ms = self._stable_times(words)
        final_ms = cut.decided_ms + self._spread(habits.final_ms, habits.final_spread)
        before: tuple[int, list[str]] = (0, [])
        now_ms = cut.began_ms + rng.uniform(*habits.interim_ms)
        while now_ms < final_ms:
            audio_end_ms = round(now_ms) - habits.transport_ms
            known = sum(word.end_ms <= audio_end_ms for word in words)
            guessed = known + any(word.start_ms + _FIRST_GUESS_MS <= audio_end_ms for word in words[known : known + 1])
            stable = min(known, sum(at_ms <= now_ms for at_ms in stable_at_ms))
            tail = self._guesses([word.text for word in words[stable:guessed]], vocabulary)
            if (stable, tail) != before:
                before = (stable, tail)
                yield Heard(round(now_ms), self._transcript(cut, words[:stable], texts, tail, max(0, audio_end_ms)))
            now_ms += rng.uniform(*habits.interim_ms)
        if rng.random() >= habits.missing_finals:
            yield Heard(round(final_ms), self._transcript(cut, words, texts, [], cut.ended_ms, is_final=True))

    def _transcript(
        self,
        cut: Utterance,
        stable: Sequence[Word],
        texts: Sequence[str],
        unstable: Sequence[str],
        audio_end_ms: int,
        *,
        is_final: bool = False,
    ) -> Transcript:
        """Return a transcript; ``texts`` begins with the stable words as they are written."""
        written = list(zip(stable, texts, strict=False))
        return Transcript(
            utterance=cut.number,
            stable=" ".join(text for _, text in written),
            unstable=" ".join(unstable),
            is_final=is_final,
            language=self._language,
            language_probability=_CONFIDENCE,
            audio_end_ms=audio_end_ms,
            stable_ends_ms=tuple(word.end_ms for word, text in written for _ in text.split()),
        )

    def _stable_times(self, words: Sequence[Word]) -> list[float]:
        habits = self._habits
        times: list[float] = []
        for index, word in enumerate(words):
            at_ms = word.end_ms + self._spread(habits.stability_ms, habits.stability_spread)
            if ends_clause(word.text):
                next_end_ms = words[index + 1].end_ms if index + 1 < len(words) else math.inf
                punctuated_ms = min(next_end_ms + habits.transport_ms, word.end_ms + habits.punctuation_wait_ms)
                at_ms = max(at_ms, punctuated_ms)
            times.append(max(at_ms, times[-1] if times else 0.0))
        return times

    def _guesses(self, words: list[str], vocabulary: Sequence[str]) -> list[str]:
        """Return the unstable words: without punctuation at the end, the last ones sometimes wrong."""
        chances = (self._habits.wrong_last_word, self._habits.wrong_word_before)
        guesses = list(words)
        for back, chance in enumerate(chances, start=1):
            if back <= len(guesses) and self._rng.random() < chance:
                guesses[-back] = self._rng.choice(vocabulary)
        if guesses:
            guesses[-1] = "".join(filter(lambda character: character.isalnum() or character in "'-", guesses[-1]))
        return [guess for guess in guesses if guess]

    def _as_written(self, word: str) -> str:
        """Return the word with its punctuation, or without where the vendor forgets it."""
        if not ends_clause(word):
            return word
        chance = self._habits.kept_full_stops if ends_sentence(word) else self._habits.kept_commas
        return word if self._rng.random() < chance else word.rstrip(CLAUSE_ENDS + ".!?… ")

    def _spread(self, median_ms: int, sigma: float) -> float:
        return self._rng.lognormvariate(math.log(median_ms), sigma)
