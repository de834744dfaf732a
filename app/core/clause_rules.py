"""What the words of a language say about where a clause may end. The words themselves are in ``clause_words``.

A language without rules of its own is cut by punctuation, silence and time alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

SENTENCE_MARKS = frozenset(".!?…؟。！？")
CLAUSE_MARKS = frozenset(",;:،؛、，；：")
_EDGES = "".join(SENTENCE_MARKS | CLAUSE_MARKS) + "\"'`´’‘“”„«»¿¡()[]{}<>-–—*"
_APOSTROPHES = str.maketrans("’‘´`", "''''")


@dataclass(frozen=True, slots=True)
class VerbBracket:
    """A clause whose meaning comes with its last word: "ich habe ... gelesen", "dass ... kommt"."""

    openers: frozenset[str]
    """Auxiliaries, modals, subordinators, first halves of separable verbs."""
    prefixes: frozenset[str]
    """Separable prefixes, which close a bracket as its last word."""
    verb_pattern: str
    """Matches the verbs that close one, in the recogniser's own capitals: a German noun is not a verb."""
    not_verbs: frozenset[str]
    """Words that only look like one."""


@dataclass(frozen=True)
class ClauseRules:
    """One language's words, casefolded and without punctuation. An elided word keeps its apostrophe: ``qu'``."""

    language: str
    openers: frozenset[str] = frozenset()
    """Begin a clause: conjunctions, relative pronouns. None of them ends one."""
    joined_opener: str = ""
    """A conjunction that is written as one with the next word: Arabic ``و``."""
    not_joined: frozenset[str] = frozenset()
    """Words that only begin like one."""
    phrase_starters: frozenset[str] = frozenset()
    """Begin a phrase: prepositions and determiners. None of them ends a clause."""
    unfinished: frozenset[str] = frozenset()
    """Other words that lean on the next one: negations, clitics, subject pronouns, auxiliaries."""
    titles: frozenset[str] = frozenset()
    """Their full stop ends nothing."""
    number_parts: frozenset[str] = frozenset()
    """Number words are made of these, apart or in one: ``vierundzwanzig``."""
    span_words: frozenset[str] = frozenset()
    """Stand next to a number or are spelled with it: months, weekdays, currencies, units, the names of signs."""
    span_links: frozenset[str] = frozenset()
    """Join two words of a protected span: ``12 de marzo``, ``treinta y cinco``."""
    letter_words: frozenset[str] = frozenset()
    """Single letters that are words of the language; any other one is being spelled."""
    answers: frozenset[str] = frozenset()
    """Yes, no and what else is a whole turn."""
    fillers: frozenset[str] = frozenset()
    """Say nothing."""
    bracket: VerbBracket | None = None
    extra_wait_ms: int = 0
    """How much longer to wait in a language whose verb always comes last."""

    def opens_clause(self, word: str) -> bool:
        return not self.openers.isdisjoint(_forms(word)) or self._has_joined_opener(bare(word))

    def opens_phrase(self, word: str) -> bool:
        return not self.phrase_starters.isdisjoint(_forms(word))

    def is_unfinished(self, word: str) -> bool:
        """Whether a clause cannot end with this word, as it is punctuated."""
        if bare(word) in self.titles:
            return True
        if word[-1:] in SENTENCE_MARKS or word[-1:] in CLAUSE_MARKS:
            return False
        form = bare(word)
        return form in self.openers or form in self.phrase_starters or form in self.unfinished

    def is_span_word(self, word: str) -> bool:
        """Whether it is a number or stands for one, or is being spelled."""
        form = bare(word)
        if any(character.isdigit() for character in form):
            return True
        if not form or self.is_span_link(word):
            return False
        return form in self.span_words or all(self._is_number_or_letter(part) for part in form.split("-"))

    def is_span_link(self, word: str) -> bool:
        form = bare(word)
        return form in self.span_links or form in self.letter_words

    def is_answer(self, words: Sequence[str]) -> bool:
        """Whether these words are nothing but a yes, a no or the like."""
        forms = [bare(word) for word in words]
        return any(form in self.answers for form in forms) and all(
            form in self.answers or form in self.fillers for form in forms
        )

    def leaves_bracket_open(self, words: Sequence[str]) -> bool:
        """Whether a verb is still to come after these words, as far as their looks say."""
        bracket = self.bracket
        if bracket is None:
            return False
        is_open = was_verb = False
        for word in words:
            form = bare(word)
            # What follows a closing verb belongs to it: "dass er kommen kann".
            opens = form in bracket.openers and not was_verb
            was_verb = is_open and not opens and _is_verb(bracket, word, form)
            is_open = opens or (is_open and not was_verb)
        # In the middle of a clause a separable prefix is a preposition.
        return is_open and bare(words[-1]) not in bracket.prefixes

    def _has_joined_opener(self, form: str) -> bool:
        begins_so = bool(self.joined_opener) and form.startswith(self.joined_opener)
        return begins_so and len(form) > len(self.joined_opener) + 1 and form not in self.not_joined

    def _is_number_or_letter(self, part: str) -> bool:
        is_letter = len(part) == 1 and part.isalpha()
        return is_letter or (self._number is not None and self._number.fullmatch(part) is not None)

    @cached_property
    def _number(self) -> re.Pattern[str] | None:
        parts = sorted(self.number_parts, key=len, reverse=True)
        return re.compile(f"(?:{'|'.join(map(re.escape, parts))})+") if parts else None


def bare(word: str) -> str:
    """Return the word casefolded and without the punctuation around it."""
    return word.translate(_APOSTROPHES).casefold().strip(_EDGES)


def _forms(word: str) -> tuple[str, ...]:
    """Return what a word may be listed as: itself, and what was elided before it (``qu'il`` -> ``qu'``)."""
    form = bare(word)
    head, apostrophe, rest = form.partition("'")
    return (form, head + apostrophe) if rest else (form,)


def _is_verb(bracket: VerbBracket, word: str, form: str) -> bool:
    return form not in bracket.not_verbs and re.fullmatch(bracket.verb_pattern, word.strip(_EDGES)) is not None
