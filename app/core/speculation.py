"""Translation ahead of time: the open clause is translated while it is still being said.

When it is committed as it was guessed, its translation is there already, or on its way, and costs no second call. The
guess that will probably come next is spoken ahead, too (``speech_ahead``). What was guessed in vain is counted: it is
the price.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.core.clause_rules import bare
from app.core.said_before import bounded
from app.domain.commands import Command, ReportSpeculation, Translate
from app.domain.glossary import Glossary
from app.domain.legs import Leg
from app.domain.records import SpeculationOutcome
from app.domain.usage import Stage

_NO_GLOSSARY = Glossary()
_SHORTEST_INTERVAL_MS = 200
_LEAST_WORDS = 3
_MAXIMUM_GUESSES = 6
"""Guesses kept at a time; the oldest makes room."""


@dataclass(slots=True)
class Guess:
    """A clause that may be committed, and its translation once that is there."""

    clause: int
    text: str
    source: str
    target: str
    context: tuple[str, ...] = ()
    translation: str | None = None
    misses: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        return _key(self.text, self.source, self.target)

    def request(self) -> Translate:
        return Translate(self.clause, self.text, self.source, self.target, is_ahead=True, context=self.context)


class Speculation:
    """What is translated ahead of one speaker."""

    def __init__(self, leg: Leg, new_clause: Callable[[], int], glossary: Glossary = _NO_GLOSSARY) -> None:
        """``new_clause`` numbers the clauses of the call."""
        self._glossary = glossary
        self._leg = leg
        self._new_clause = new_clause
        self._guesses: list[Guess] = []
        self._wanted: tuple[Sequence[str], str, str] | None = None
        self._context: tuple[str, ...] = ()
        self._next: tuple[str, ...] | None = None
        """The key of what will probably be committed next."""
        self._asked_ms = -_SHORTEST_INTERVAL_MS

    def consider(self, texts: Sequence[str], source: str, target: str, context: tuple[str, ...] = ()) -> None:
        """These are the clauses that will probably be committed next, in place of those that were thought before.

        ``context``: what was committed before the first of them.
        """
        self._context = context
        self._wanted = (texts, source, target) if texts and source != target else None
        self._next = _key(texts[0], source, target) if self._wanted else None

    def due(self, now_ms: int) -> list[Command]:
        """Return what is to be translated ahead now."""
        if self._wanted is None or now_ms < self._asked_ms + _SHORTEST_INTERVAL_MS:
            return []
        texts, source, target = self._wanted
        self._wanted = None
        known = {guess.key for guess in self._guesses}
        new = [
            Guess(self._new_clause(), text, source, target, bounded((*self._context, *texts[:index])))
            for index, text in enumerate(texts[:_MAXIMUM_GUESSES])
            if len(text.split()) >= _LEAST_WORDS and _key(text, source, target) not in known
        ]
        if not new:
            return []
        self._asked_ms = now_ms
        self._guesses += new
        wasted = self._forget(self._guesses[:-_MAXIMUM_GUESSES])
        return [*wasted, *(guess.request() for guess in new)]

    def next_due_ms(self) -> int | None:
        return None if self._wanted is None else self._asked_ms + _SHORTEST_INTERVAL_MS

    def take(self, text: str, source: str, target: str) -> Guess | None:
        """Return the guess that this committed clause was, if it was one; it is not kept any longer."""
        key = _key(text, source, target)
        guess = next((guess for guess in self._guesses if guess.key == key and self._has_names_of(guess, text)), None)
        if guess is not None:
            self._guesses.remove(guess)
        return guess

    def translated(self, clause: int, text: str, misses: tuple[str, ...]) -> None:
        """Keep the translation of a guess that is not committed yet."""
        for guess in self._guesses:
            if guess.clause == clause:
                guess.translation, guess.misses = text, misses

    def next_translated(self) -> Guess | None:
        """Return what will probably be committed next, once it is translated."""
        return next((guess for guess in self._guesses if guess.key == self._next and guess.translation), None)

    def knows(self, clause: int) -> bool:
        """Whether this is a guess that may still be committed."""
        return any(guess.clause == clause for guess in self._guesses)

    def untranslated(self, clause: int) -> list[Command]:
        """A translation failed: if the clause is committed it is asked for again."""
        return self._forget([guess for guess in self._guesses if guess.clause == clause])

    def settle(self) -> list[Command]:
        """Nothing that was guessed can be committed any more."""
        self._wanted = self._next = None
        return self._forget(list(self._guesses))

    def _has_names_of(self, guess: Guess, text: str) -> bool:
        """Whether the glossary finds the same in both: an early transcript may well write Puente as a bridge."""
        pair = self._glossary.pair(guess.source, guess.target)
        guessed, said = ([found.entry for found in pair.find(each)] for each in (guess.text, text))
        return guessed == said

    def _forget(self, guesses: Sequence[Guess]) -> list[Command]:
        self._guesses = [guess for guess in self._guesses if guess not in guesses]
        return [ReportSpeculation(self._leg, Stage.TRANSLATION, SpeculationOutcome.WASTED) for _ in guesses]


def _key(text: str, source: str, target: str) -> tuple[str, ...]:
    """Return what two texts share that are translated alike: their words, and whether they ask something."""
    words = [form for word in text.split() if (form := bare(word))]
    return (source, target, "?" if text.rstrip().endswith(("?", "؟")) else "", *words)
