"""What one speaker said just before: without it, a clause of a sentence is a riddle to a translator.

Only the same speaker's own words, in the language of the clause: that is what DeepL takes as context, and what a chat
model may be told to continue. What the other party said is in another language, and nothing to be continued.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

MOST_CLAUSES = 2
MOST_CHARACTERS = 300
FORGOTTEN_AFTER_MS = 30_000
"""Who speaks again after so long begins something new."""


class SaidBefore:
    """One leg's latest clauses, as they were recognised."""

    def __init__(self) -> None:
        self._clauses: deque[tuple[str, str, int]] = deque(maxlen=MOST_CLAUSES)

    def add(self, text: str, language: str, now_ms: int) -> None:
        self._clauses.append((text, language, now_ms))

    def context(self, language: str, now_ms: int) -> tuple[str, ...]:
        """Return what was said before in this language, the oldest first."""
        return bounded(
            [
                text
                for text, spoken, said_ms in self._clauses
                if spoken == language and now_ms - said_ms <= FORGOTTEN_AFTER_MS
            ]
        )


def bounded(clauses: Sequence[str]) -> tuple[str, ...]:
    """Return the last clauses, and of those the last words, that are no more than a translator needs."""
    kept: list[str] = []
    left = MOST_CHARACTERS
    for clause in reversed(clauses[-MOST_CLAUSES:]):
        words = clause if len(clause) <= left else clause[-left:].partition(" ")[2]
        if not words:
            break
        kept.insert(0, words)
        left -= len(words)
        if words != clause or not left:
            break
    return tuple(kept)
