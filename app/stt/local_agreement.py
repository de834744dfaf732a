"""LocalAgreement-2: which words of a growing utterance will no longer change.

A word is stable when two hypotheses in a row agree on it (Liu et al. 2020, "Low-latency sequence-to-sequence speech
recognition and translation by partial hypothesis selection"). Words are compared casefolded and without punctuation.
"""

from __future__ import annotations

from collections.abc import Sequence


def comparable(word: str) -> str:
    """Return the word casefolded, without punctuation; a word of punctuation alone stays as it is."""
    bare = "".join(character for character in word.casefold() if character.isalnum())
    return bare or word


class LocalAgreement:
    """One utterance's hypotheses in, its stable and unstable words out.

    ``stable`` is append-only, word for word and character for character. The last ``hold_back`` words of a hypothesis
    never become stable by agreement: a recogniser guesses them, and ends them with a full stop, before it has heard
    what follows. None holds back all of them: nothing is stable before the end.
    """

    def __init__(self, hold_back: int | None = 0) -> None:
        self.hold_back = hold_back
        self._stable: list[str] = []
        self._unstable: list[str] = []
        self.disagreements = 0
        """Hypotheses that contradicted a word which was already stable."""

    @property
    def stable(self) -> tuple[str, ...]:
        return tuple(self._stable)

    @property
    def unstable(self) -> tuple[str, ...]:
        return tuple(self._unstable)

    def feed(self, hypothesis: Sequence[str]) -> None:
        """Take the next hypothesis about the whole utterance so far."""
        tail = self._after_stable(hypothesis)
        held_back = len(tail) if self.hold_back is None else self.hold_back
        agreed = max(0, min(_common_prefix_length(self._unstable, tail), len(tail) - held_back))
        self._stable += tail[:agreed]
        self._unstable = tail[agreed:]

    def finish(self, hypothesis: Sequence[str]) -> None:
        """Take the last hypothesis, whole: what follows the stable words in it becomes stable too."""
        self._stable += self._after_stable(hypothesis)
        self._unstable = []

    def _after_stable(self, hypothesis: Sequence[str]) -> list[str]:
        cut, distance = nearest_cut(self._stable, hypothesis)
        self.disagreements += distance > 0
        return list(hypothesis[cut:])


def nearest_cut(beginning: Sequence[str], words: Sequence[str]) -> tuple[int, int]:
    """Return where to cut ``words`` so that what comes before is nearest to ``beginning``, and how far it is from it.

    The distance is Levenshtein's, in words. Of equally near cuts the last one wins: a word heard differently is said
    once, not twice.
    """
    wanted = [comparable(word) for word in beginning]
    offered = [comparable(word) for word in words]
    if offered[: len(wanted)] == wanted:
        return len(wanted), 0
    distances = list(range(len(offered) + 1))
    for row, word in enumerate(wanted, start=1):
        diagonal, distances[0] = distances[0], row
        for column, other in enumerate(offered, start=1):
            cheapest = min(distances[column] + 1, distances[column - 1] + 1, diagonal + (word != other))
            diagonal, distances[column] = distances[column], cheapest
    cut = min(range(len(distances)), key=lambda end: (distances[end], -end))
    return cut, distances[cut]


def _common_prefix_length(first: Sequence[str], second: Sequence[str]) -> int:
    length = 0
    for one, other in zip(first, second, strict=False):
        if comparable(one) != comparable(other):
            break
        length += 1
    return length
