"""How much of what was said a speech-to-speech provider has said, as far as lengths can tell.

Such a provider speaks seconds behind and does not say which words it is at. But a translation is about as long as what
it translates, and how much longer is learned from what is over.
"""

from __future__ import annotations

from collections.abc import Sequence

_LIKELY_MS_PER_CHARACTER = 65
_FASTEST_MS_PER_CHARACTER = 45
"""Nobody speaks faster: text that came before its audio has not been said yet."""
_LEARNING_CHARACTERS = 200
"""So much text weighs as much as the belief that translations are as long as their sources."""
_LOWEST_RATIO, _HIGHEST_RATIO = 0.6, 1.7
_CAUTION = 1.2
"""What is reckoned over may be a fifth too much: rather a clause twice than a word lost."""
_WHOLE = 0.9
"""A clause of which so much has been said is over."""


class DirectProgress:
    """Of one direction, since it was last settled: everything said was translated then. Lengths are characters."""

    def __init__(self) -> None:
        self._text = 0
        self._audio_ms = 0
        self._sources = self._targets = _LEARNING_CHARACTERS
        self._spent = 0.0
        """What was said of sources that are forgotten, and what cannot have been said."""
        self._forgotten = 0

    def read(self, length: int) -> None:
        """Text of the translation came."""
        self._text += length

    def hear(self, milliseconds: int) -> None:
        """Audio of the translation came."""
        self._audio_ms += milliseconds

    def over(self, lengths: Sequence[int]) -> int:
        """Return how many of these clauses, the first that were said since, are over."""
        left = self._said()
        for index, length in enumerate(lengths):
            if left < length * _WHOLE:
                return index
            left = max(0.0, left - length)
        return len(lengths)

    def share(self, lengths: Sequence[int]) -> float:
        """Return how much of these clauses was said, 0 to 1 and more."""
        return self._said() / max(1, sum(lengths))

    def forget(self, length: int) -> None:
        """A clause that is over is not kept any longer."""
        self._spent += min(length, self._said())
        self._forgotten += length

    def limit(self, length: int) -> None:
        """No more than this can have been said: estimates that are too high do not add up."""
        self._spent += max(0.0, self._said() - length)

    def settle(self, lengths: Sequence[int]) -> None:
        """All of these, and of what was forgotten, is over; learn from it."""
        sources = sum(lengths) + self._forgotten
        if self._text and sources:
            self._sources += sources
            self._targets += self._text
        self._text = self._audio_ms = self._forgotten = 0
        self._spent = 0.0

    def _said(self) -> float:
        """Return how much of the sources was said and is not forgotten."""
        ratio = min(_HIGHEST_RATIO, max(_LOWEST_RATIO, self._targets / self._sources))
        fastest = self._audio_ms / _FASTEST_MS_PER_CHARACTER
        said = min(self._text, fastest) if self._text else self._audio_ms / _LIKELY_MS_PER_CHARACTER
        return max(0.0, said / (ratio * _CAUTION) - self._spent)
