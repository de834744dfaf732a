"""The source said again so that a translator without understanding loses less of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from app.domain.meaning import MissKind
from app.meaning.compare import Miss
from app.meaning.facts import extract
from app.meaning.figures import Figure
from app.meaning.languages import LANGUAGES

_NUMERIC = frozenset({MissKind.NUMBER, MissKind.DATE, MissKind.AMOUNT, MissKind.PHONE})
_CLAUSE = re.compile(r"(?<=[^\W\d_])[,;]\s+(?=[^\W\d_])")
_LEAST_CLAUSE_WORDS = 3
_FRACTION_MARK = {True: ".", False: ","}


def simplify(text: str, language: str, misses: Sequence[Miss]) -> str:
    """Return the source with numbers in digits, and clauses as sentences where a negation or more was lost.

    The text itself where there is nothing to simplify.
    """
    kinds = {miss.kind for miss in misses}
    if language not in LANGUAGES or not kinds:
        return text
    simpler = numbers_in_digits(text, language) if kinds & _NUMERIC else text
    return simpler if kinds <= _NUMERIC else _clauses_apart(simpler)


def numbers_in_digits(text: str, language: str) -> str:
    """Write the number words of a text in digits; a row of them as one string: "six one two" -> "612"."""
    facts = extract(text, LANGUAGES[language])
    mark = _FRACTION_MARK[LANGUAGES[language].numerals.decimal_mark == "."]
    runs = [run for run in facts.figures.runs if len(run) > 1 and _is_spoken([facts.figures.items[i] for i in run])]
    in_run = {index for run in runs for index in run}
    changes = [
        (facts.figures.items[run[0]].start, facts.figures.items[run[-1]].end, _joined(facts.figures.items, run))
        for run in runs
    ]
    changes += [
        (figure.start, figure.end, figure.digits.replace(".", mark))
        for index, figure in enumerate(facts.figures.items)
        if index not in in_run and figure.in_words and figure.digits and not (figure.is_unsure or figure.is_ordinal)
    ]
    said = facts.text
    for start, end, digits in sorted(changes, reverse=True):
        said = said[:start] + digits + said[end:]
    return said


def _is_spoken(figures: Sequence[Figure]) -> bool:
    return len(figures) > 2 and all(figure.in_words and figure.digits.isdigit() for figure in figures)


def _joined(figures: Sequence[Figure], run: Sequence[int]) -> str:
    return "".join(figures[index].digits for index in run)


def _clauses_apart(text: str) -> str:
    """Put a full stop for the commas between clauses of three words and more."""
    pieces = _CLAUSE.split(text)
    said = pieces[0]
    for before, piece in pairwise(pieces):
        is_clause = min(len(before.split()), len(piece.split())) >= _LEAST_CLAUSE_WORDS
        said += f". {piece[:1].upper()}{piece[1:]}" if is_clause else f", {piece}"
    return said
