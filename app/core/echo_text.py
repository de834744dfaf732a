"""Was this said, or only heard back? The second guard against echo, for what the first one (by sound) let through."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from difflib import SequenceMatcher

_REMEMBERED_MS = 12_000
_MS_PER_CHARACTER = 60
"""How long a voice takes for a character, at least about: an echo begins before the voice ends."""
_ALIKE = 0.8
_SHORTEST_WORDS = 3
_SHORTEST_LETTERS = 8
"""What is shorter ("sí", "ok", "no no no") is what people do say while they listen."""
_MAXIMUM_TEXTS = 32
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+|\d+")
"""A run of letters or of digits; in scripts that write no spaces, a character."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    words: tuple[str, ...]
    from_ms: int
    until_ms: int


class SpokenTexts:
    """What was spoken on one leg of late. Times are milliseconds on the call's clock."""

    def __init__(self) -> None:
        self._texts: deque[_Spoken] = deque(maxlen=_MAXIMUM_TEXTS)

    def spoken(self, text: str, now_ms: int) -> None:
        """Note that this begins to be heard on the leg."""
        begins_ms = max(now_ms, self._texts[-1].until_ms) if self._texts else now_ms
        self._texts.append(_Spoken(_words(text), now_ms, begins_ms + len(text) * _MS_PER_CHARACTER))

    def is_echo(self, text: str, began_ms: int, now_ms: int) -> bool:
        """Say whether this, which the leg began to say at ``began_ms``, is (a piece of) what was spoken on it.

        Words that were said after the voice had ended are never an echo: people read numbers back.
        """
        while self._texts and now_ms - self._texts[0].until_ms > _REMEMBERED_MS:
            self._texts.popleft()
        said = _words(text)
        if len(said) < _SHORTEST_WORDS or sum(map(len, said)) < _SHORTEST_LETTERS:
            return False
        spoken = [word for each in self._texts if began_ms <= each.until_ms for word in each.words]
        return _likeness(said, spoken) >= _ALIKE


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _likeness(said: tuple[str, ...], spoken: list[str]) -> float:
    """Return how alike these words are to the most similar stretch of what was spoken: 0 to 1, by characters."""
    blocks = SequenceMatcher(None, said, spoken, autojunk=False).get_matching_blocks()
    starts = {max(0, block.b - block.a) for block in blocks if block.size}
    sentence = " ".join(said)
    stretches = (" ".join(spoken[start : start + len(said)]) for start in starts)
    return max((SequenceMatcher(None, sentence, each, autojunk=False).ratio() for each in stretches), default=0.0)
