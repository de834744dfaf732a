"""Which language to decode speech in: what is expected, against what a detector makes of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SURE_PROBABILITY = 0.8
SURE_VOICE_MS = 1500
"""Less speech than this contradicts nothing. Of 211 stretches of telephone speech with more, whisper-base was sure of a
language outside the seven that it listened for in none and of a wrong one of the seven in one; of 44 in German or
Arabic it was sure in 37. Of 218 shorter ones it was sure of a language outside in six.
"""
TAKEN_FOR = {"gl": frozenset({"es", "pt"})}
"""Languages that whisper-base seldom recognises, and what it is sure to have heard instead."""


@dataclass(frozen=True, slots=True)
class Listening:
    """What a stretch of speech may be in, and how much of it there is."""

    languages: tuple[str, ...]
    """The likeliest first."""
    is_settled: bool
    """The first is what is spoken, unless the speech is clearly in another."""
    voiced_ms: int

    @property
    def needs_detection(self) -> bool:
        return self.is_settled or len(self.languages) > 1

    def choose(self, detected: Sequence[tuple[str, float]]) -> tuple[str, float]:
        """Return the language to decode in and its probability.

        ``detected`` is the probability of each language that the model knows. The result is among those listened for,
        and so is its probability; a language outside them must be sure among all, and not be what one of them is taken
        for.
        """
        likeliest, share = max(detected, key=lambda entry: entry[1])
        taken_for = {other for language in self.languages for other in TAKEN_FOR.get(language, ())}
        if likeliest not in {*self.languages, *taken_for} and self._is_sure(share):
            return likeliest, share
        wanted = {language: each for language, each in detected if language in self.languages}
        total = sum(wanted.values()) or 1.0
        best = max(wanted, key=wanted.__getitem__)
        if self.is_settled and not self._is_sure(wanted[best] / total):
            best = self.languages[0]
        return best, wanted[best] / total

    def _is_sure(self, probability: float) -> bool:
        return self.voiced_ms >= SURE_VOICE_MS and probability >= SURE_PROBABILITY
