"""What can be wrong with a translation, as far as it can be told without understanding it."""

from __future__ import annotations

from enum import StrEnum


class MissKind(StrEnum):
    """What of the source is not in the target as it should be, or the other way round."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    AMOUNT = "amount"
    PHONE = "phone"
    """A long string of digits: telephone, card and account numbers."""
    SPELLING = "spelling"
    """Something that was spelled out, letter by letter."""
    NEGATION = "negation"
    TERM = "term"
    """A name or a term of the glossary."""
    LANGUAGE = "language"
    """The target is not in the language it should be in."""
    LENGTH = "length"
    REPETITION = "repetition"


class MeaningCheck(StrEnum):
    """What became of the comparison of one translation with its source."""

    UNCHECKED = "unchecked"
    CLEAN = "clean"
    MENDED = "mended"
    """Something was missing, and a second translation has it."""
    FLAGGED = "flagged"
    """Something is missing still: it is spoken all the same, with a mark."""
