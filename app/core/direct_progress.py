"""How much of what was said a speech-to-speech provider has said, as far as lengths can tell.

Such a provider speaks seconds behind and does not say which words it is at. But a translation is about as long as what
it translates, and how much longer is learned from what is over. Lengths are characters of the source.
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
"""What is likely to have been said is reckoned a little too low."""
_LEAST_DOUBT, _FIRST_DOUBT = 1.1, 1.45
"""By how much what was said may be longer than believed, when much was learned and when nothing was."""
_SLACK = 10
"""A few short words may become so much longer whatever was learned: "OK" is "de acuerdo"."""


class DirectProgress:
    """Of one direction, since it was last settled: everything said was translated then."""

    def __init__(self) -> None:
        self._text = 0
        self._audio_ms = 0
        self._sources = self._targets = _LEARNING_CHARACTERS
        self._target_ms = _LEARNING_CHARACTERS * _LIKELY_MS_PER_CHARACTER
        self._spent = 0.0
        """What was said of sources that are forgotten, and what cannot have been said."""
        self._forgotten = 0
        self._marked_text = self._marked_ms = 0
        self._marked_spent = 0

    def read(self, length: int) -> None:
        """Text of the translation came."""
        self._text += length

    def hear(self, milliseconds: int) -> None:
        """Audio of the translation came."""
        self._audio_ms += milliseconds

    # --- What is likely: how long to be patient -----------------------------------------------------------------------

    def share(self, lengths: Sequence[int]) -> float:
        """Return how much of these clauses, the first that are not forgotten, was likely said: 0 to 1 and more."""
        return self._likely() / max(1, sum(lengths))

    def forget(self, length: int) -> None:
        """A clause that is over is not kept any longer."""
        self._spent += min(length, self._likely())
        self._forgotten += length

    def limit(self, length: int) -> None:
        """No more than this can have been said: estimates that are too high do not add up."""
        self._spent += max(0.0, self._likely() - length)

    def settle(self, lengths: Sequence[int]) -> None:
        """All of these, and of what was forgotten, is over; learn from it."""
        sources = sum(lengths) + self._forgotten
        if self._text and sources:
            self._sources += sources
            self._targets += self._text
            self._target_ms += self._audio_ms
        self._text = self._audio_ms = self._forgotten = 0
        self._spent = 0.0
        self.mark()

    # --- What is certain: what need not be said again -----------------------------------------------------------------

    def mark(self) -> None:
        """From here on is counted what is said for certain: the caller knows what was said before."""
        self._marked_text, self._marked_ms = self._text, self._audio_ms
        self._marked_spent = 0

    def over(self, lengths: Sequence[int]) -> int:
        """Return how many of these clauses, the first behind the mark, are over for certain."""
        left = self._certain()
        for index, length in enumerate(lengths):
            left -= length
            if left < 0:
                return index
        return len(lengths)

    def spend(self, length: int) -> None:
        """A clause behind the mark is not asked about any more."""
        self._marked_spent += length

    # ------------------------------------------------------------------------------------------------------------------

    def _likely(self) -> float:
        """Return how much of the sources was said and is not forgotten."""
        ratio = min(_HIGHEST_RATIO, max(_LOWEST_RATIO, self._targets / self._sources))
        fastest = self._audio_ms / _FASTEST_MS_PER_CHARACTER
        said = min(self._text, fastest) if self._text else self._audio_ms / _LIKELY_MS_PER_CHARACTER
        return max(0.0, said / (ratio * _CAUTION) - self._spent)

    def _certain(self) -> float:
        """Return how much of the sources was said since the mark however long-winded the provider is.

        By its text and by its audio, whichever says less: text may come before its audio, and audio may be hesitation.
        """
        doubt = _LEAST_DOUBT + (_FIRST_DOUBT - _LEAST_DOUBT) * _LEARNING_CHARACTERS / self._sources
        heard = (self._audio_ms - self._marked_ms) / (doubt * self._target_ms / self._sources)
        if self._text:
            heard = min(heard, (self._text - self._marked_text) / (doubt * self._targets / self._sources))
        return heard - _SLACK - self._marked_spent
